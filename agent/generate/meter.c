// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/meter.h"

void meter_read(struct meter *meter, int64_t now_us, uint64_t packets,
                struct meter_reading *reading)
{
    int64_t since_us = now_us - meter->spans[meter->current].begin_us;
    if (meter->spans[meter->current].begin_us == 0 || since_us >= METER_SPAN_US) {
        meter->current = (meter->current + 1) % METER_SPANS;
        meter->spans[meter->current].begin_us = now_us;
        meter->spans[meter->current].packets = packets;
        meter->spans[meter->current].late_us = 0;
    }
    unsigned oldest = meter->current;
    int64_t late_us = 0;
    for (unsigned i = 0; i < METER_SPANS; i++) {
        int64_t begin_us = meter->spans[i].begin_us;
        if (begin_us != 0 && begin_us < meter->spans[oldest].begin_us) {
            oldest = i;
        }
        if (meter->spans[i].late_us > late_us) {
            late_us = meter->spans[i].late_us;
        }
    }
    double seconds = (double)(now_us - meter->spans[oldest].begin_us) * 1e-6;
    uint64_t left = packets - meter->spans[oldest].packets;
    *reading =
        (struct meter_reading){.packets_per_second = seconds > 0 ? (double)left / seconds : 0,
                               .late_us = late_us,
                               .behind_us = meter->behind_us};
}
