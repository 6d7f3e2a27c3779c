// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_BASE_CLOCK_H
#define WEIR_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

// Microseconds since an arbitrary start; never goes back. Any thread.
static inline int64_t clock_monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

// Microseconds since the epoch; goes back where someone sets the clock back. On x86 and ARM the
// kernel's page for it is read along with the CPU's counter: no system call. Any thread.
static inline int64_t clock_wall_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline void clock_sleep_us(int64_t us)
{
    struct timespec duration = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    nanosleep(&duration, NULL);
}

#endif
