// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow/flow_pool.h"

#include <errno.h>

int flow_pool_init(struct flow_pool *pool, uint32_t count, enum memory_pages pages,
                   struct error *err)
{
    uint32_t *stack = memory_map(count * sizeof(*stack), pages, err);
    if (stack == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++) {
        stack[i] = count - 1 - i;
    }
    *pool = (struct flow_pool){.free = stack, .free_count = count, .count = count};
    return 0;
}

void flow_pool_fini(struct flow_pool *pool)
{
    memory_unmap(pool->free, pool->count * sizeof(*pool->free));
}
