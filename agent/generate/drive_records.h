// SPDX-License-Identifier: Apache-2.0
// The anomalies of one run, for those who look and for the truth. One thread at a time.
#ifndef WEIR_GENERATE_DRIVE_RECORDS_H
#define WEIR_GENERATE_DRIVE_RECORDS_H

#include "agent/generate/drive.h"

struct drive_records {
    struct drive_anomaly *anomalies; // DRIVE_ANOMALIES_MAX, of which what is not used costs nothing
    unsigned count;
    unsigned current[PROFILE_ORDERS_MAX]; // by an order's number in the generator, from 1; 0: none
};

int drive_records_init(struct drive_records *records); // 0, or -ENOMEM
void drive_records_fini(struct drive_records *records);

// The order is `number` in the generator from now on; its times are from `start_us` on. There is
// room.
void drive_records_add(struct drive_records *records, const struct order *order, unsigned number,
                       int64_t start_us, struct drive_anomaly *anomaly);

// What lies behind `now_us` comes so much later.
void drive_records_shift(struct drive_records *records, int64_t now_us, int64_t by_us);

// Takes over how many packets there have been, by number.
void drive_records_count(struct drive_records *records, const uint64_t *packets);

// Those that end behind `now_us`.
unsigned drive_records_open(const struct drive_records *records, int64_t now_us,
                            struct drive_anomaly anomalies[PROFILE_ORDERS_MAX]);

#endif
