// SPDX-License-Identifier: Apache-2.0
// Records that came back from librdkafka and will be sent again: copies, first come first sent.
// One thread.
#ifndef WEIR_SINK_KAFKA_HELD_H
#define WEIR_SINK_KAFKA_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "export/sink/sink.h"

struct kafka_held_record {
    uint64_t order;
    struct sink_message message; // value and key in one block of ours
};

// Zeroed: empty. Use the functions; only `count` and `bytes` may be read.
struct kafka_held {
    struct kafka_held_record *records;
    size_t room;
    size_t first;
    size_t count;
    uint64_t bytes; // of their values and keys
};

// Copies the record, and its octets. False without memory.
bool kafka_held_put(struct kafka_held *held, uint64_t order, const struct sink_message *message);

// Puts the records in the order in which they were first handed over.
void kafka_held_sort(struct kafka_held *held);

// The first; there must be one. It stays where it is until it is popped.
const struct kafka_held_record *kafka_held_first(const struct kafka_held *held);
void kafka_held_pop(struct kafka_held *held);

void kafka_held_fini(struct kafka_held *held);

#endif
