// SPDX-License-Identifier: Apache-2.0
// What is wrong with a broker, in words for a person: which broker, and which setting to look at.
//
// Every trouble is counted in sink->troubles; of each kind one is told a minute. One thread.
#ifndef WEIR_SINK_KAFKA_TROUBLE_H
#define WEIR_SINK_KAFKA_TROUBLE_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "export/sink/sink.h"

enum { KAFKA_TROUBLE_BYTES = 400 };

struct kafka_trouble {
    struct sink *sink;
    int64_t said_us[SINK_TROUBLE_COUNT]; // 0: never
    uint64_t unsaid[SINK_TROUBLE_COUNT]; // since then
    enum sink_trouble last;
    char reason[KAFKA_TROUBLE_BYTES]; // of the last; empty: none since things went well
    bool spoken;                      // one has been told since things went well
    bool noted;                       // one has been counted since then
    bool worked;                      // a record has been delivered, so that settings are right
    unsigned told;                    // a bit for each topic of which the present attempt was told
};

// Counts one trouble, which `format` says, and tells it where that is due.
void kafka_trouble_note(struct kafka_trouble *trouble, enum sink_trouble kind, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

// Whether a line about such a trouble is due; then it counts as told. For losses, which have their
// own complaint: sink_drop's.
bool kafka_trouble_due(struct kafka_trouble *trouble, enum sink_trouble kind);

// The same for what librdkafka tells of a broker by itself. `waiting`: records are in flight.
void kafka_trouble_error(struct kafka_trouble *trouble, rd_kafka_resp_err_t code,
                         const char *reason, bool waiting);

// The same for what became of a record for `topic`, but for a topic that is missing.
void kafka_trouble_report(struct kafka_trouble *trouble, rd_kafka_resp_err_t code,
                          const char *topic);

// Whether the code says that there is no such topic.
bool kafka_trouble_is_missing_topic(rd_kafka_resp_err_t code);

// Things go well again after `stalled_us` microseconds: says so where a trouble has been told.
// `resent`: records that were sent again although the broker may have had them.
void kafka_trouble_over(struct kafka_trouble *trouble, int64_t stalled_us, uint64_t resent);

// Whether the last trouble was a broker's own answer, not that none could be had.
bool kafka_trouble_is_refusal(const struct kafka_trouble *trouble);

#endif
