// SPDX-License-Identifier: Apache-2.0
// Keys in the order of their values, roughly: in lists of those whose values are alike, sixteen
// lists for each doubling. A value that changes moves its key in constant time; the heaviest keys
// are found without a look at the others. Count, sum and sum of squares are kept exactly.
#ifndef WEIR_SERIES_RANKING_H
#define WEIR_SERIES_RANKING_H

#include <assert.h>
#include <stdint.h>

#include "dataplane/sketch/key_index.h"

typedef unsigned __int128 uint128;

enum {
    RANKING_STEP_BITS = 4, // 16 buckets for each doubling
    RANKING_STEPS = 1 << RANKING_STEP_BITS,
    RANKING_BUCKETS = (64 - RANKING_STEP_BITS + 1) * RANKING_STEPS,
};

// A key and its value, 0 where it is in no list.
struct ranked_key {
    uint8_t key[KEY_INDEX_KEY_BYTES];
    uint64_t value;
    uint32_t tag; // of the key
    uint32_t previous;
    uint32_t next;
    uint32_t pane; // sliding_window's: the latest that has it
};
static_assert(sizeof(struct ranked_key) == KEY_INDEX_ENTRY_BYTES, "key_index");

#define RANKING_NONE UINT32_MAX

// To be read. The squares hold as long as the sum of all values stays below 2^64.
struct ranking {
    uint64_t count;
    uint128 sum;
    uint128 squares;
    uint64_t used[(RANKING_BUCKETS + 63) / 64]; // a bit for each list that is not empty
    uint32_t heads[RANKING_BUCKETS];
    uint32_t counts[RANKING_BUCKETS];
};

static inline unsigned ranking_bucket(uint64_t value)
{
    if (value < RANKING_STEPS) {
        return (unsigned)value;
    }
    unsigned shift = 63 - RANKING_STEP_BITS - (unsigned)__builtin_clzll(value);
    return (shift << RANKING_STEP_BITS) + (unsigned)(value >> shift);
}

// The least value of a bucket.
static inline uint64_t ranking_floor(unsigned bucket)
{
    if (bucket < RANKING_STEPS) {
        return bucket;
    }
    unsigned shift = (bucket >> RANKING_STEP_BITS) - 1;
    return (uint64_t)(RANKING_STEPS + bucket % RANKING_STEPS) << shift;
}

void ranking_init(struct ranking *ranking);

// Gives entry `at` of `keys` another value; 0 takes it out.
void ranking_set(struct ranking *ranking, struct ranked_key *keys, uint32_t at, uint64_t value);

// The highest bucket below `below` that is not empty, or -1. From RANKING_BUCKETS on down, all.
int ranking_below(const struct ranking *ranking, int below);

#endif
