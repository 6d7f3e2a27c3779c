// SPDX-License-Identifier: Apache-2.0
// From the hash of a flow key to the slot of its entry.
//
// Buckets of one cache line hold ten (tag, slot) pairs, so that a packet costs one miss here and
// none for the nine entries that it is not. A flow lives in its first bucket, unless that is
// crowded and its second one (from the other half of the hash) is less so; the first bucket counts
// those that left it, so that a new flow's lookup reads the second only where one did. The emptier
// of two seldom gets far over the mean (Mitzenmacher 2001): with six flows to a bucket of ten both
// being full is not to be expected before the table is. Chains of moves, as in cuckoo hashing,
// would fill buckets further than memory asks for.
#ifndef WEIR_FLOW_FLOW_INDEX_H
#define WEIR_FLOW_FLOW_INDEX_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "dataplane/base/hash.h"
#include "dataplane/base/memory.h"

enum { FLOW_BUCKET_WAYS = 10, FLOW_BUCKET_LOAD = 6 };

#define FLOW_NO_SLOT UINT32_MAX

struct flow_bucket {
    uint16_t tag[FLOW_BUCKET_WAYS];
    uint16_t used;   // bit i: way i holds a flow
    uint16_t strays; // flows of this bucket that live in their second
    uint32_t slot[FLOW_BUCKET_WAYS];
};
static_assert(sizeof(struct flow_bucket) == 64, "one cache line");

struct flow_index {
    struct flow_bucket *buckets;
    uint32_t bucket_count;
};

// Room for `flows` flows. 0 or a negative errno with a message.
int flow_index_init(struct flow_index *index, uint32_t flows, enum memory_pages pages,
                    struct error *err);
void flow_index_fini(struct flow_index *index);

// Puts a slot in; the key must not be there. False when both buckets are full.
bool flow_index_insert(struct flow_index *index, uint64_t hash, uint32_t slot);

// Takes a slot out that is there.
void flow_index_remove(struct flow_index *index, uint64_t hash, uint32_t slot);

static inline struct flow_bucket *flow_index_first(const struct flow_index *index, uint64_t hash)
{
    return &index->buckets[hash_range(hash, index->bucket_count)];
}

static inline struct flow_bucket *flow_index_second(const struct flow_index *index, uint64_t hash)
{
    return &index->buckets[hash_range(hash << 32, index->bucket_count)];
}

static inline uint16_t flow_index_tag(uint64_t hash)
{
    return (uint16_t)hash;
}

// The ways of the bucket whose tag is the hash's: bit i for way i.
static inline unsigned flow_bucket_match(const struct flow_bucket *bucket, uint64_t hash)
{
#if defined(__SSE2__)
    // Sixteen compares at once; the six lanes past the tags are masked out by `used`.
    __m128i tag = _mm_set1_epi16((short)flow_index_tag(hash));
    const __m128i *line = (const __m128i *)bucket;
    __m128i low = _mm_cmpeq_epi16(_mm_load_si128(&line[0]), tag);
    __m128i high = _mm_cmpeq_epi16(_mm_load_si128(&line[1]), tag);
    unsigned match = (unsigned)_mm_movemask_epi8(_mm_packs_epi16(low, high));
#else
    uint16_t tag = flow_index_tag(hash);
    unsigned match = 0;
    for (unsigned way = 0; way < FLOW_BUCKET_WAYS; way++) {
        match |= (unsigned)(bucket->tag[way] == tag) << way;
    }
#endif
    return match & bucket->used;
}

#endif
