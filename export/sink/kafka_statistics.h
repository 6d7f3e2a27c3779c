// SPDX-License-Identifier: Apache-2.0
// What librdkafka tells of itself every statistics.interval.ms, as JSON, read into counters.
#ifndef WEIR_SINK_KAFKA_STATISTICS_H
#define WEIR_SINK_KAFKA_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

#include "export/sink/sink.h"

// Totals of the present producer, as last told: it counts from 0 again when it is a fresh one.
struct kafka_totals {
    uint64_t retries;
    uint64_t timeouts;
    uint64_t errors;
};

// Reads one such text into what of `queue` comes from there; what cannot be read changes nothing.
// `seen` is what was told before. The sink's thread.
void kafka_statistics_read(const char *json, size_t bytes, struct kafka_totals *seen,
                           struct sink_queue *queue);

#endif
