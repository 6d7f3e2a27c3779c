// SPDX-License-Identifier: Apache-2.0
// Drains the workers' rings and joins their panes into one: a pane of the whole sensor is told when
// no worker can add to it any more (the watermark is the slowest worker's). Sums add up exactly, so
// that the joined pane does not depend on how many workers there were. What flows did comes before
// the pane in which they did it, and belongs to the pane that is told next: its sums are the pane's
// but for what the pane calls activity_shed.
//
// All calls are for the one agent thread; none blocks.
#ifndef WEIR_COLLECT_COLLECT_H
#define WEIR_COLLECT_COLLECT_H

#include <stdbool.h>

#include "dataplane/base/hash.h"
#include "dataplane/base/ring.h"
#include "dataplane/flow/flow_entry.h"
#include "dataplane/window/pane.h"
#include "dataplane/window/pane_flow.h"

struct collect_options {
    // One of each for each worker; they stay the caller's.
    struct ring *const *rings;      // of struct tally_message
    struct ring *const *activities; // of struct pane_flow
    unsigned ring_count;
    uint32_t max_hosts; // in a joined pane
    enum memory_pages pages;
};

struct collect_events {
    void *context;
    // What is handed in dies when the call returns.
    void (*flow)(void *context, const struct flow_record *flow); // that ended
    void (*activity)(void *context, const struct pane_flow *flow);
    void (*pane)(void *context, const struct pane *pane);
};

struct collect;

// Sets *collect. 0 or a negative errno with a message; *collect is untouched then.
int collect_create(struct collect **collect, const struct collect_options *options,
                   const struct collect_events *events, struct error *err);

// `collect` may be NULL.
void collect_free(struct collect *collect);

// Takes what is in the rings, up to a bounded number of messages of each. Returns how many it took.
unsigned collect_poll(struct collect *collect);

// True when every worker has said its last word and every pane is told.
bool collect_ended(const struct collect *collect);

#endif
