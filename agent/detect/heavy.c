// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/heavy.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/base/hash.h"

static const float UNIT_MAX = 1e20F; // weights stay far from what a float can hold

int heavy_init(struct heavy_table *table, uint32_t entries, size_t entry_bytes, size_t head_bytes)
{
    uint32_t count = (entries + HEAVY_WAYS - 1) / HEAVY_WAYS;
    struct heavy_bucket *buckets = aligned_alloc(64, count * sizeof(*buckets));
    char *room = aligned_alloc(64, count * HEAVY_WAYS * entry_bytes);
    if (buckets == NULL || room == NULL) {
        free(buckets);
        free(room);
        return -ENOMEM;
    }
    memset(buckets, 0, count * sizeof(*buckets));
    memset(room, 0, count * HEAVY_WAYS * entry_bytes);
    *table = (struct heavy_table){.buckets = buckets,
                                  .entries = room,
                                  .entry_bytes = entry_bytes,
                                  .head_bytes = head_bytes,
                                  .bucket_count = count,
                                  .unit = 1};
    return 0;
}

void heavy_fini(struct heavy_table *table)
{
    free(table->buckets);
    free(table->entries);
}

static struct heavy *entry_at(const struct heavy_table *table, uint32_t bucket, unsigned way)
{
    size_t index = (size_t)bucket * HEAVY_WAYS + way;
    return (struct heavy *)(table->entries + index * table->entry_bytes);
}

// The lower half, since the upper one chose the bucket.
static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)hash | 1;
}

// One bit for each way. Without a branch for each, which none could foretell.
static unsigned ways_tagged(const struct heavy_bucket *bucket, uint32_t tag)
{
    unsigned ways = 0;
    for (unsigned way = 0; way < HEAVY_WAYS; way++) {
        ways |= (unsigned)(bucket->tag[way] == tag) << way;
    }
    return ways;
}

static unsigned way_of(const struct heavy_table *table, uint32_t bucket, uint64_t hash)
{
    unsigned ways = ways_tagged(&table->buckets[bucket], tag_of(hash));
    for (; ways != 0; ways &= ways - 1) {
        unsigned way = (unsigned)__builtin_ctz(ways);
        if (entry_at(table, bucket, way)->hash == hash) {
            return way;
        }
    }
    return HEAVY_WAYS;
}

// The first free one, or else the lightest.
static unsigned lightest(const struct heavy_bucket *bucket)
{
    unsigned ways = ways_tagged(bucket, 0);
    if (ways != 0) {
        return (unsigned)__builtin_ctz(ways);
    }
    unsigned least = 0;
    float weight = bucket->weight[0];
    for (unsigned way = 1; way < HEAVY_WAYS; way++) {
        bool less = bucket->weight[way] < weight;
        least = less ? way : least;
        weight = less ? bucket->weight[way] : weight;
    }
    return least;
}

void *heavy_prefetch_entry(const struct heavy_table *table, uint64_t hash, float weight,
                           unsigned lines)
{
    uint32_t index = hash_range(hash, table->bucket_count);
    const struct heavy_bucket *bucket = &table->buckets[index];
    unsigned ways = ways_tagged(bucket, tag_of(hash));
    unsigned way = ways != 0 ? (unsigned)__builtin_ctz(ways) : lightest(bucket);
    if (ways == 0 && bucket->tag[way] != 0 && bucket->weight[way] > weight * table->unit) {
        return NULL;
    }
    char *entry = (char *)entry_at(table, index, way);
    for (unsigned line = 0; line < lines; line++) {
        __builtin_prefetch(entry + (size_t)line * 64, 1);
    }
    return entry;
}

void *heavy_add(struct heavy_table *table, uint64_t hash, float weight)
{
    uint32_t index = hash_range(hash, table->bucket_count);
    struct heavy_bucket *bucket = &table->buckets[index];
    unsigned way = way_of(table, index, hash);
    weight *= table->unit;
    if (way < HEAVY_WAYS) {
        bucket->weight[way] += weight;
        return entry_at(table, index, way);
    }
    way = lightest(bucket);
    if (bucket->tag[way] != 0 && bucket->weight[way] > weight) {
        bucket->weight[way] -= weight;
        return NULL;
    }
    bucket->tag[way] = tag_of(hash);
    bucket->weight[way] = weight;
    struct heavy *entry = entry_at(table, index, way);
    memset(entry, 0, table->head_bytes);
    entry->hash = hash;
    return entry;
}

void *heavy_find(const struct heavy_table *table, uint64_t hash)
{
    uint32_t index = hash_range(hash, table->bucket_count);
    unsigned way = way_of(table, index, hash);
    return way < HEAVY_WAYS ? entry_at(table, index, way) : NULL;
}

void heavy_fade(struct heavy_table *table, double factor)
{
    table->unit = (float)((double)table->unit / factor);
    if (table->unit < UNIT_MAX) {
        return;
    }
    for (uint32_t i = 0; i < table->bucket_count; i++) {
        for (unsigned way = 0; way < HEAVY_WAYS; way++) {
            table->buckets[i].weight[way] /= table->unit;
        }
    }
    table->unit = 1;
}

void *heavy_at(const struct heavy_table *table, uint32_t index)
{
    uint32_t bucket = index / HEAVY_WAYS;
    unsigned way = index % HEAVY_WAYS;
    return table->buckets[bucket].tag[way] != 0 ? entry_at(table, bucket, way) : NULL;
}
