// SPDX-License-Identifier: Apache-2.0
// The heaviest of what comes, in bounded memory: entries found by hash, in buckets of eight that
// fight for room among themselves. A newcomer to a full bucket takes the place of the lightest if
// it is as heavy, and else takes its own weight off the lightest (Misra and Gries: "Finding
// repeated elements", 1982, in each bucket): what has a ninth of the weight of its bucket stays,
// however many others pass through. Weights fade by halves, so that who was heavy once makes room.
//
// One thread at a time; nothing here blocks.
#ifndef WEIR_DETECT_HEAVY_H
#define WEIR_DETECT_HEAVY_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum { HEAVY_WAYS = 8 };

struct heavy_bucket {
    uint32_t tag[HEAVY_WAYS]; // of the hash; 0: no entry
    float weight[HEAVY_WAYS]; // in `unit`s of the time it was given
} __attribute__((aligned(64)));
static_assert(sizeof(struct heavy_bucket) == 64, "a cache line tells who is there");

// What each entry begins with.
struct heavy {
    uint64_t hash;
};

struct heavy_table {
    struct heavy_bucket *buckets;
    char *entries;
    size_t entry_bytes;
    size_t head_bytes; // of a new entry that are zeroed
    uint32_t bucket_count;
    float unit; // of a weight that is given now: it grows instead of all weights fading
};

// Room for about `entries` of `entry_bytes` each, a multiple of 64, the first `head_bytes` of which
// are zero, but for the hash, when a newcomer gets one. 0 or -ENOMEM; *table is untouched then.
int heavy_init(struct heavy_table *table, uint32_t entries, size_t entry_bytes, size_t head_bytes);
void heavy_fini(struct heavy_table *table);

// The entry of a (keyed) hash, with `weight` more; NULL: it has none, and is too light to get one.
void *heavy_add(struct heavy_table *table, uint64_t hash, float weight);

// The entry of a hash, or NULL.
void *heavy_find(const struct heavy_table *table, uint64_t hash);

// Weights given so far count `factor` (0 to 1) of what they did.
void heavy_fade(struct heavy_table *table, double factor);

// Entries by number, from 0 up to heavy_size: NULL where there is none.
void *heavy_at(const struct heavy_table *table, uint32_t index);

// The number of an entry.
static inline uint32_t heavy_index(const struct heavy_table *table, const void *entry)
{
    return (uint32_t)((size_t)((const char *)entry - table->entries) / table->entry_bytes);
}

static inline uint32_t heavy_size(const struct heavy_table *table)
{
    return table->bucket_count * HEAVY_WAYS;
}

// Fetches the first `lines` cache lines of the entry that heavy_add would give now: for what comes
// soon. NULL: it would give none.
void *heavy_prefetch_entry(const struct heavy_table *table, uint64_t hash, float weight,
                           unsigned lines);

// Fetches what tells who is there.
static inline void heavy_prefetch(const struct heavy_table *table, uint64_t hash)
{
    __builtin_prefetch(&table->buckets[((hash >> 32) * table->bucket_count) >> 32], 1);
}

#endif
