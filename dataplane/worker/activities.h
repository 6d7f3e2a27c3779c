// SPDX-License-Identifier: Apache-2.0
// The way out of a worker for what its flows did: struct pane_flow in a ring of their own beside
// that of the messages, since they come all at once, when a pane closes, and must not take the room
// of flows that ended.
#ifndef WEIR_WORKER_ACTIVITIES_H
#define WEIR_WORKER_ACTIVITIES_H

#include <stdbool.h>
#include <string.h>

#include "dataplane/base/ring.h"
#include "dataplane/flow/signature.h"
#include "dataplane/window/pane_flow.h"

// Handed over at once: the line of the ring's tail moves between the cores then.
enum { ACTIVITIES_BATCH = 32 };

// Worker thread, but for the consumer's side of `ring`.
struct activities {
    struct ring *ring;
    size_t reserved; // written, and not yet submitted
};

// `slots` is a power of two. 0 or a negative errno with a message.
int activities_init(struct activities *activities, size_t slots, struct error *err);

// Takes a zeroed one, too.
void activities_fini(struct activities *activities);

// Hands over all that was written.
void activities_flush(struct activities *activities);

// Writes what a flow did in the pane that began at `pane_us`; `rare` is NULL where the flow has
// none. The consumer sees it after activities_flush at the latest. False: the ring is full, and
// nothing was written. Never blocks. Inline, for it is called for each fold.
static inline bool activities_put(struct activities *activities, int64_t pane_us,
                                  const struct flow_entry *flow, const struct flow_rare *rare,
                                  const struct flow_activity *activity)
{
    struct pane_flow *to = ring_reserve(activities->ring, activities->reserved);
    if (to == NULL) {
        return false;
    }
    uint64_t packets = (uint64_t)flow->side[0].packets + flow->side[1].packets;
    unsigned flags = (activity->packets == packets ? PANE_FLOW_STARTED : 0) |
                     (flow->has_mac ? PANE_FLOW_MAC : 0);
    to->key = flow->key;
    to->pane_us = pane_us;
    to->bytes = activity->bytes;
    to->wire_bytes = activity->wire_bytes;
    to->packets = (uint32_t)activity->packets; // listed flows count modulo 2^32
    to->application = flow->application;
    to->state = flow->state;
    for (unsigned side = 0; side < 2; side++) {
        to->total_bytes[side] = flow->side[side].bytes;
        to->total_packets[side] = flow->side[side].packets;
        to->signature[side] = (uint8_t)signature_of(flow, side);
    }
    memcpy(to->tcp_flags, flow->tcp_flags, sizeof(to->tcp_flags));
    memcpy(to->mac, flow->mac, sizeof(to->mac)); // zeros where there is none: cheaper than to ask
    memcpy(to->ttl, flow->ttl, sizeof(to->ttl));
    memcpy(to->tos, flow->tos, sizeof(to->tos));
    if (__builtin_expect(rare != NULL, 0)) {
        flags |= PANE_FLOW_RARE;
        to->rare = *rare;
    }
    to->flags = (uint8_t)flags;
    if (++activities->reserved == ACTIVITIES_BATCH) {
        activities_flush(activities);
    }
    return true;
}

#endif
