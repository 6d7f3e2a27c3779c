// SPDX-License-Identifier: Apache-2.0
// Finds the flows whose time is up.
//
// One number for each slot says the earliest tick (2^20 us) at which its flow can be due. It is
// written when a flow starts and when it closes, not on each packet: a flow that went on living is
// found not yet due when its tick comes and given its next one. A sweep reads the numbers in order,
// four octets a slot, and skips blocks whose smallest is still ahead. A wheel of linked lists was
// refused: its links cost twice the memory and a dependent cache miss for each flow.
#ifndef WEIR_FLOW_FLOW_TIMER_H
#define WEIR_FLOW_FLOW_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/base/memory.h"

enum { FLOW_TIMER_TICK_SHIFT = 20, FLOW_TIMER_BLOCK = 1024 };

#define FLOW_TIMER_NEVER UINT32_MAX

struct flow_timer {
    uint32_t *due;       // by slot, in ticks since the origin
    uint32_t *block_min; // not above the smallest `due` of the block
    uint32_t slots;
    uint32_t blocks;
    int64_t origin_us; // time of the first flow
    bool started;
};

int flow_timer_init(struct flow_timer *timer, uint32_t slots, enum memory_pages pages,
                    struct error *err);
void flow_timer_fini(struct flow_timer *timer);

static inline uint32_t flow_timer_tick(const struct flow_timer *timer, int64_t time_us)
{
    if (time_us < timer->origin_us) {
        return 0;
    }
    uint64_t since_us = (uint64_t)time_us - (uint64_t)timer->origin_us;
    uint64_t tick = since_us >> FLOW_TIMER_TICK_SHIFT;
    return tick < FLOW_TIMER_NEVER ? (uint32_t)tick : FLOW_TIMER_NEVER - 1;
}

// The slot's flow is not due before `deadline_us`.
static inline void flow_timer_set(struct flow_timer *timer, uint32_t slot, int64_t deadline_us)
{
    uint32_t tick = flow_timer_tick(timer, deadline_us);
    timer->due[slot] = tick;
    uint32_t *least = &timer->block_min[slot / FLOW_TIMER_BLOCK];
    *least = tick < *least ? tick : *least;
}

static inline void flow_timer_clear(struct flow_timer *timer, uint32_t slot)
{
    timer->due[slot] = FLOW_TIMER_NEVER;
}

// Writes the slots of one block that may be due at `now_us` to `slots` (room for FLOW_TIMER_BLOCK)
// and returns how many. The caller gives each a new time or clears it.
uint32_t flow_timer_due(struct flow_timer *timer, uint32_t block, int64_t now_us, uint32_t *slots);

#endif
