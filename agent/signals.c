// SPDX-License-Identifier: Apache-2.0
#include "agent/signals.h"

#include <signal.h>
#include <stddef.h>

#include "dataplane/base/clock.h"

enum { WAIT_STEP_US = 50000 };

// A signal handler can reach nothing but a global.
static volatile sig_atomic_t stop;

static void stop_ask(int number)
{
    (void)number;
    stop = 1;
}

void signals_install(void)
{
    struct sigaction action = {.sa_handler = stop_ask, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    // A closed pipe is an error of the write to it, told like any other.
    signal(SIGPIPE, SIG_IGN);
}

bool signals_stop(void)
{
    return stop != 0;
}

void signals_wait(int64_t us)
{
    int64_t until_us = clock_monotonic_us() + us;
    while (!stop && clock_monotonic_us() < until_us) {
        clock_sleep_us(WAIT_STEP_US);
    }
}
