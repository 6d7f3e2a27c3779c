// SPDX-License-Identifier: Apache-2.0
// What the capture lost in the last panes, so that a flow that ends can say how much that was in
// its time: a flow keeps no count of its own for what hardly ever happens.
#ifndef WEIR_WORKER_DROP_LOG_H
#define WEIR_WORKER_DROP_LOG_H

#include <stdint.h>

enum { DROP_LOG_PANES = 1024 }; // with losses; older ones are forgotten

struct drop_log_pane {
    int64_t start_us;
    int64_t end_us;
    uint64_t before; // packets lost in all panes before it
};

// Zeroed: empty. Worker thread only.
struct drop_log {
    struct drop_log_pane panes[DROP_LOG_PANES]; // a ring, oldest at `first`
    uint32_t first;
    uint32_t count;
    uint64_t total;
    int64_t newest_end_us;
};

// Panes come in the order of time; one without drops is not kept.
void drop_log_add(struct drop_log *log, int64_t start_us, int64_t end_us, uint64_t drops);

// Packets lost in the panes that reach into [first_us, last_us], as far as they are remembered.
uint64_t drop_log_sum(const struct drop_log *log, int64_t first_us, int64_t last_us);

#endif
