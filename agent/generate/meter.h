// SPDX-License-Identifier: Apache-2.0
// How many packets leave a second, and how late they are, over the last second.
#ifndef WEIR_GENERATE_METER_H
#define WEIR_GENERATE_METER_H

#include <stdint.h>

enum { METER_SPANS = 10, METER_SPAN_US = 100000 };

struct meter {
    struct {
        int64_t begin_us; // 0: none yet
        uint64_t packets; // before it
        int64_t late_us;  // at most
    } spans[METER_SPANS];
    unsigned current;
    int64_t behind_us; // in all; whoever counts it adds to it
};

struct meter_reading {
    double packets_per_second;
    int64_t late_us;
    int64_t behind_us;
};

static inline void meter_late(struct meter *meter, int64_t late_us)
{
    if (late_us > meter->spans[meter->current].late_us) {
        meter->spans[meter->current].late_us = late_us;
    }
}

// To be called several times in a span; `packets` is how many there have been in all.
void meter_read(struct meter *meter, int64_t now_us, uint64_t packets,
                struct meter_reading *reading);

#endif
