// SPDX-License-Identifier: Apache-2.0
// A NIC's own clock told in wall time.
#ifndef WEIR_CAPTURE_DPDK_CLOCK_H
#define WEIR_CAPTURE_DPDK_CLOCK_H

#include <stdatomic.h>
#include <stdint.h>

struct dpdk_moment {
    uint64_t ticks; // of the NIC
    int64_t wall_us;
    double us_per_tick;
};

// The agent's thread reads the NIC's clock about once a second and leaves a moment to reckon from;
// workers take the latest. Two places, so that a worker never waits; the one that is written was
// last handed out a second before.
struct dpdk_clock {
    uint64_t first_ticks;
    int64_t first_us; // monotonic
    atomic_uint latest;
    struct dpdk_moment moments[2];
};

// The first reading: the NIC's ticks and the monotonic clock at one moment.
static inline void dpdk_clock_begin(struct dpdk_clock *clock, uint64_t ticks, int64_t monotonic_us)
{
    clock->first_ticks = ticks;
    clock->first_us = monotonic_us;
    atomic_init(&clock->latest, 0);
}

// A later one. The rate is taken over all the time since the first, by the monotonic clock, which
// nobody sets; the offset from the wall clock as it is now.
static inline void dpdk_clock_set(struct dpdk_clock *clock, uint64_t ticks, int64_t monotonic_us,
                                  int64_t wall_us)
{
    uint64_t passed = ticks - clock->first_ticks;
    if (passed == 0) {
        return;
    }
    unsigned next = atomic_load_explicit(&clock->latest, memory_order_relaxed) ^ 1;
    clock->moments[next] = (struct dpdk_moment){
        .ticks = ticks,
        .wall_us = wall_us,
        .us_per_tick = (double)(monotonic_us - clock->first_us) / (double)passed,
    };
    // Pairs with the acquire in dpdk_clock_now.
    atomic_store_explicit(&clock->latest, next, memory_order_release);
}

static inline struct dpdk_moment dpdk_clock_now(const struct dpdk_clock *clock)
{
    return clock->moments[atomic_load_explicit(&clock->latest, memory_order_acquire)];
}

// `ticks` may be before or after the moment.
static inline int64_t dpdk_moment_wall_us(const struct dpdk_moment *moment, uint64_t ticks)
{
    int64_t away = (int64_t)(ticks - moment->ticks);
    return moment->wall_us + (int64_t)((double)away * moment->us_per_tick);
}

#endif
