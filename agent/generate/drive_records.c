// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/drive_records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int drive_records_init(struct drive_records *records)
{
    *records = (struct drive_records){0};
    records->anomalies = calloc(DRIVE_ANOMALIES_MAX, sizeof(*records->anomalies));
    return records->anomalies != NULL ? 0 : -ENOMEM;
}

void drive_records_fini(struct drive_records *records)
{
    free(records->anomalies);
    *records = (struct drive_records){0};
}

void drive_records_add(struct drive_records *records, const struct order *order, unsigned number,
                       int64_t start_us, struct drive_anomaly *anomaly)
{
    struct drive_anomaly *added = &records->anomalies[records->count++];
    *added = (struct drive_anomaly){.kind = order->kind,
                                    .strength = order->strength,
                                    .begin_us = start_us + order->begin_us,
                                    .end_us = start_us + order->end_us};
    memcpy(added->subject, order->subject, sizeof(added->subject));
    records->current[number] = records->count;
    if (anomaly != NULL) {
        *anomaly = *added;
    }
}

void drive_records_shift(struct drive_records *records, int64_t now_us, int64_t by_us)
{
    for (unsigned i = 0; i < PROFILE_ORDERS_MAX; i++) {
        if (records->current[i] == 0) {
            continue;
        }
        struct drive_anomaly *anomaly = &records->anomalies[records->current[i] - 1];
        anomaly->begin_us += anomaly->begin_us > now_us ? by_us : 0;
        anomaly->end_us += anomaly->end_us > now_us ? by_us : 0;
    }
}

void drive_records_count(struct drive_records *records, const uint64_t *packets)
{
    for (unsigned i = 0; i < PROFILE_ORDERS_MAX; i++) {
        if (records->current[i] != 0) {
            records->anomalies[records->current[i] - 1].packets = packets[i];
        }
    }
}

unsigned drive_records_open(const struct drive_records *records, int64_t now_us,
                            struct drive_anomaly anomalies[PROFILE_ORDERS_MAX])
{
    unsigned count = 0;
    for (unsigned i = 0; i < records->count && count < PROFILE_ORDERS_MAX; i++) {
        if (records->anomalies[i].end_us > now_us) {
            anomalies[count++] = records->anomalies[i];
        }
    }
    return count;
}
