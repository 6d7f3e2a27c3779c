// SPDX-License-Identifier: Apache-2.0
// The way out of a worker for what its flows did: struct pane_flow in a ring of their own beside
// that of the messages, since they come all at once, when a pane closes, and must not take the room
// of flows that ended.
#ifndef WEIR_WORKER_ACTIVITIES_H
#define WEIR_WORKER_ACTIVITIES_H

#include <stdbool.h>

#include "dataplane/base/ring.h"
#include "dataplane/window/pane_flow.h"

// Worker thread, but for the consumer's side of `ring`.
struct activities {
    struct ring *ring;
    size_t reserved; // written, and not yet submitted
};

// `slots` is a power of two. 0 or a negative errno with a message.
int activities_init(struct activities *activities, size_t slots, struct error *err);

// Takes a zeroed one, too.
void activities_fini(struct activities *activities);

// Writes what a flow did in the pane that began at `pane_us`; `rare` is NULL where the flow has
// none. The consumer sees it after activities_flush at the latest. False: the ring is full, and
// nothing was written. Never blocks.
bool activities_put(struct activities *activities, int64_t pane_us, const struct flow_entry *flow,
                    const struct flow_rare *rare, const struct flow_activity *activity);

// Hands over all that was written.
void activities_flush(struct activities *activities);

#endif
