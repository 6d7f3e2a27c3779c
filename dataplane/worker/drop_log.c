// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker/drop_log.h"

static const struct drop_log_pane *pane_at(const struct drop_log *log, uint32_t index)
{
    return &log->panes[(log->first + index) % DROP_LOG_PANES];
}

void drop_log_add(struct drop_log *log, int64_t start_us, int64_t end_us, uint64_t drops)
{
    if (drops == 0) {
        return;
    }
    if (log->count == DROP_LOG_PANES) {
        log->first = (log->first + 1) % DROP_LOG_PANES;
        log->count--;
    }
    log->panes[(log->first + log->count) % DROP_LOG_PANES] =
        (struct drop_log_pane){.start_us = start_us, .end_us = end_us, .before = log->total};
    log->count++;
    log->total += drops;
    log->newest_end_us = end_us;
}

enum edge { EDGE_START, EDGE_END };

// The first pane of which that edge lies after `time_us`.
static uint32_t first_after(const struct drop_log *log, enum edge edge, int64_t time_us)
{
    uint32_t low = 0;
    uint32_t high = log->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        const struct drop_log_pane *pane = pane_at(log, middle);
        if ((edge == EDGE_START ? pane->start_us : pane->end_us) > time_us) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static uint64_t total_before(const struct drop_log *log, uint32_t index)
{
    return index < log->count ? pane_at(log, index)->before : log->total;
}

uint64_t drop_log_sum(const struct drop_log *log, int64_t first_us, int64_t last_us)
{
    if (log->count == 0 || log->newest_end_us <= first_us) {
        return 0;
    }
    uint64_t before = total_before(log, first_after(log, EDGE_END, first_us));
    uint64_t after = total_before(log, first_after(log, EDGE_START, last_us));
    return after > before ? after - before : 0; // a clock that was set back puts panes out of order
}
