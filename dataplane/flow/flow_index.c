// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow/flow_index.h"

#include <errno.h>

enum {
    ALL_WAYS = (1 << FLOW_BUCKET_WAYS) - 1,
    CROWDED = 8, // flows in a bucket from which the second one is looked at
};

int flow_index_init(struct flow_index *index, uint32_t flows, enum memory_pages pages,
                    struct error *err)
{
    uint32_t count = flows / FLOW_BUCKET_LOAD + 1;
    struct flow_bucket *buckets = memory_map(count * sizeof(*buckets), pages, err);
    if (buckets == NULL) {
        return -ENOMEM;
    }
    index->buckets = buckets;
    index->bucket_count = count;
    return 0;
}

void flow_index_fini(struct flow_index *index)
{
    memory_unmap(index->buckets, index->bucket_count * sizeof(*index->buckets));
}

static void bucket_put(struct flow_bucket *bucket, uint64_t hash, uint32_t slot)
{
    unsigned way = (unsigned)__builtin_ctz(~(unsigned)bucket->used);
    bucket->tag[way] = flow_index_tag(hash);
    bucket->slot[way] = slot;
    bucket->used |= (uint16_t)(1u << way);
}

static bool bucket_take(struct flow_bucket *bucket, uint64_t hash, uint32_t slot)
{
    for (unsigned match = flow_bucket_match(bucket, hash); match != 0; match &= match - 1) {
        unsigned way = (unsigned)__builtin_ctz(match);
        if (bucket->slot[way] == slot) {
            bucket->used &= (uint16_t) ~(1u << way);
            return true;
        }
    }
    return false;
}

bool flow_index_insert(struct flow_index *index, uint64_t hash, uint32_t slot)
{
    struct flow_bucket *first = flow_index_first(index, hash);
    int crowd = __builtin_popcount(first->used);
    if (crowd >= CROWDED) {
        struct flow_bucket *second = flow_index_second(index, hash);
        if (__builtin_popcount(second->used) < crowd) {
            bucket_put(second, hash, slot);
            first->strays++;
            return true;
        }
    }
    if (first->used == ALL_WAYS) {
        return false;
    }
    bucket_put(first, hash, slot);
    return true;
}

void flow_index_remove(struct flow_index *index, uint64_t hash, uint32_t slot)
{
    struct flow_bucket *first = flow_index_first(index, hash);
    if (bucket_take(first, hash, slot)) {
        return;
    }
    bool found = bucket_take(flow_index_second(index, hash), hash, slot);
    assert(found && "a live flow is in one of its two buckets");
    first->strays -= found;
}
