// SPDX-License-Identifier: Apache-2.0
// A fixed set of numbered places, handed out and taken back. Inside of the flow table.
#ifndef WEIR_FLOW_FLOW_POOL_H
#define WEIR_FLOW_FLOW_POOL_H

#include <stdint.h>

#include "dataplane/base/memory.h"

#define FLOW_POOL_EMPTY UINT32_MAX

struct flow_pool {
    uint32_t *free; // a stack: the place freed last is taken next, while it is in the cache
    uint32_t free_count;
    uint32_t count;
};

// All of `count` places free, to be taken in rising order. 0 or a negative errno with a message.
int flow_pool_init(struct flow_pool *pool, uint32_t count, enum memory_pages pages,
                   struct error *err);
void flow_pool_fini(struct flow_pool *pool);

static inline uint32_t flow_pool_take(struct flow_pool *pool)
{
    return pool->free_count != 0 ? pool->free[--pool->free_count] : FLOW_POOL_EMPTY;
}

// The place that will be taken after `ahead` others; any place when there are not so many.
static inline uint32_t flow_pool_peek(const struct flow_pool *pool, uint32_t ahead)
{
    return pool->free[pool->free_count > ahead ? pool->free_count - 1 - ahead : 0];
}

static inline void flow_pool_give(struct flow_pool *pool, uint32_t place)
{
    pool->free[pool->free_count++] = place;
}

#endif
