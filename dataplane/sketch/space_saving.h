// SPDX-License-Identifier: Apache-2.0
// Weights added up by key in bounded memory: exact while there is room for all keys, and from then
// on Space-Saving (Metwally, Agrawal, El Abbadi, "Efficient computation of frequent and top-k
// elements in data streams", 2005): a new key takes the place of the least counter, goes on from
// its count, and remembers by how much it may be too high.
//
// For every counter, with what its key was given: count - error <= given <= count. A key without a
// counter was given space_saving_error at most, which is at most the sum of all weights over the
// capacity, and no counter's error is greater.
#ifndef WEIR_SKETCH_SPACE_SAVING_H
#define WEIR_SKETCH_SPACE_SAVING_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "dataplane/base/error.h"
#include "dataplane/base/hash.h"
#include "dataplane/sketch/key_index.h"

enum { SPACE_SAVING_KEY_BYTES = KEY_INDEX_KEY_BYTES };

struct space_saving_counter {
    uint8_t key[SPACE_SAVING_KEY_BYTES];
    uint64_t count;
    uint64_t error;
    uint32_t tag;   // of the key
    uint32_t place; // in the heap
};
static_assert(sizeof(struct space_saving_counter) == KEY_INDEX_ENTRY_BYTES, "key_index");

// Octets that a summary takes for each counter.
enum {
    SPACE_SAVING_BYTES = sizeof(struct space_saving_counter) + KEY_INDEX_BYTES + sizeof(uint32_t)
};

// To be read: `counters`, the first `count` of which hold, in no order.
struct space_saving {
    struct space_saving_counter *counters;
    uint32_t count;
    uint32_t capacity;
    bool heaped;    // `heap` holds: once there is no room for a new key
    bool replacing; // a key has lost its counter
    uint32_t *heap; // binary, of counters, the least first
    struct key_index index;
    struct hash_secret secret;
};

// 0, or -ENOMEM with a message. `capacity` is from 1 to KEY_INDEX_MAX. Any one thread.
int space_saving_init(struct space_saving *summary, uint32_t capacity, struct hash_secret secret,
                      struct error *err);
void space_saving_fini(struct space_saving *summary);

// Gives a key, of SPACE_SAVING_KEY_BYTES, a weight above 0. Constant time while there is room for
// all keys, then O(log capacity) at worst: heavy keys are at the heap's leaves.
void space_saving_add(struct space_saving *summary, const void *key, uint64_t weight);

// The same for a key whose tag is known (key_index_tag, with the summary's secret).
void space_saving_add_tagged(struct space_saving *summary, const void *key, uint32_t tag,
                             uint64_t weight);

// Forgets all, in time that goes with what is there.
void space_saving_clear(struct space_saving *summary);

// By how much an answer can be wrong; 0: all is exact.
static inline uint64_t space_saving_error(const struct space_saving *summary)
{
    return summary->replacing ? summary->counters[summary->heap[0]].count : 0;
}

#endif
