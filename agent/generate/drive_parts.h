// SPDX-License-Identifier: Apache-2.0
// What drive.c and drive_ask.c share, and nobody else touches.
#ifndef WEIR_GENERATE_DRIVE_PARTS_H
#define WEIR_GENERATE_DRIVE_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "agent/generate/drive.h"
#include "agent/generate/drive_records.h"
#include "agent/generate/generator.h"
#include "agent/generate/meter.h"

struct change {
    struct profile profile;
    struct rate rates[PROTOCOL_COUNT];
};

struct ordering {
    const struct order *order;
    struct drive_anomaly anomaly;
    int code;
    bool done;
};

struct drive {
    // Of the thread that runs.
    struct generator *generator;
    struct egress *egress;
    bool (*ends)(void *context);
    void *context;
    int64_t start_us;   // of the traffic, since the epoch
    int64_t end_us;     // likewise, perhaps never
    int64_t created_us; // by the monotonic clock, when the wall clock was at start_us
    int64_t begun_us;   // by the monotonic clock: start_us is due then
    int64_t shown_us;
    int64_t looked_us; // whether it ends
    struct meter meter;
    bool holds;

    atomic_bool asked; // relaxed: what it tells of lies behind the lock

    pthread_mutex_t lock;   // of all that follows
    pthread_cond_t taken;   // an order, or no more
    struct profile profile; // as it was last asked for
    bool held;              // likewise
    bool ended;
    bool over;
    struct change *change;     // to be taken; NULL: none
    struct ordering *ordering; // likewise
    struct drive_records records;
    struct generator_books books; // as they were last shown, and so what follows
    struct meter_reading reading;
    int64_t seen_us; // the traffic's time, as it is told
};

#endif
