// SPDX-License-Identifier: Apache-2.0
// Waiting for another thread without a lock: a few polite spins, then the CPU is given away, then
// short sleeps, so that a wait of nanoseconds costs no system call and a long one no core.
#ifndef WEIR_BASE_BACKOFF_H
#define WEIR_BASE_BACKOFF_H

#include <sched.h>

#include "dataplane/base/clock.h"
#include "dataplane/base/cpu.h"

enum { BACKOFF_SPINS = 64, BACKOFF_YIELDS = 16, BACKOFF_SLEEP_US = 100 };

struct backoff {
    unsigned rounds;
};

// Once for each failed try; set `rounds` to 0 after a success.
static inline void backoff_wait(struct backoff *backoff)
{
    if (backoff->rounds < BACKOFF_SPINS) {
        cpu_relax();
    } else if (backoff->rounds < BACKOFF_SPINS + BACKOFF_YIELDS) {
        sched_yield();
    } else {
        clock_sleep_us(BACKOFF_SLEEP_US);
        return;
    }
    backoff->rounds++;
}

#endif
