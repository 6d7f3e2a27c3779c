// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow/flow_timer.h"

#include <errno.h>
#include <string.h>

int flow_timer_init(struct flow_timer *timer, uint32_t slots, enum memory_pages pages,
                    struct error *err)
{
    // Whole blocks, so that a sweep needs no special last one.
    uint32_t blocks = (slots + FLOW_TIMER_BLOCK - 1) / FLOW_TIMER_BLOCK;
    size_t count = (size_t)blocks * FLOW_TIMER_BLOCK + blocks;
    uint32_t *memory = memory_map(count * sizeof(*memory), pages, err);
    if (memory == NULL) {
        return -ENOMEM;
    }
    memset(memory, 0xff, count * sizeof(*memory)); // FLOW_TIMER_NEVER
    timer->due = memory;
    timer->block_min = memory + (size_t)blocks * FLOW_TIMER_BLOCK;
    timer->slots = slots;
    timer->blocks = blocks;
    return 0;
}

void flow_timer_fini(struct flow_timer *timer)
{
    size_t count = (size_t)timer->blocks * FLOW_TIMER_BLOCK + timer->blocks;
    memory_unmap(timer->due, count * sizeof(*timer->due));
}

uint32_t flow_timer_due(struct flow_timer *timer, uint32_t block, int64_t now_us, uint32_t *slots)
{
    uint32_t now = flow_timer_tick(timer, now_us);
    if (timer->block_min[block] > now) {
        return 0;
    }
    const uint32_t *due = &timer->due[(size_t)block * FLOW_TIMER_BLOCK];
    uint32_t least = FLOW_TIMER_NEVER;
    uint32_t count = 0;
    for (uint32_t i = 0; i < FLOW_TIMER_BLOCK; i++) {
        uint32_t tick = due[i];
        bool is_due = tick <= now;
        slots[count] = block * FLOW_TIMER_BLOCK + i;
        count += is_due;
        uint32_t later = is_due ? FLOW_TIMER_NEVER : tick;
        least = later < least ? later : least;
    }
    timer->block_min[block] = least; // those found lower it again when they are set
    return count;
}
