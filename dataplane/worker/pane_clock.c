// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker/pane_clock.h"

void pane_clock_init(struct pane_clock *clock, int64_t pane_us, int64_t quiet_us)
{
    *clock = (struct pane_clock){
        .pane_us = pane_us, .quiet_us = quiet_us, .start_us = INT64_MIN, .end_us = INT64_MIN};
}

static int64_t pane_start(const struct pane_clock *clock, int64_t time_us)
{
    int64_t into = time_us % clock->pane_us;
    return time_us - (into < 0 ? into + clock->pane_us : into);
}

bool pane_clock_step(struct pane_clock *clock, int64_t time_us, struct pane_turn *turn)
{
    bool open = pane_clock_is_open(clock);
    if (open && time_us < clock->end_us) {
        return false;
    }
    int64_t target_us = pane_start(clock, time_us);
    int64_t start_us = clock->end_us;
    if (!open || start_us - clock->busy_us >= clock->quiet_us) {
        start_us = target_us;
    }
    if (start_us == target_us) {
        clock->busy_us = start_us + clock->pane_us;
    }
    clock->start_us = start_us;
    clock->end_us = start_us + clock->pane_us;
    turn->ends = open;
    turn->begins = true;
    turn->start_us = clock->start_us;
    turn->end_us = clock->end_us;
    return true;
}

void pane_clock_rewind(struct pane_clock *clock, int64_t time_us)
{
    clock->end_us = pane_start(clock, time_us);
    clock->busy_us = clock->end_us;
}
