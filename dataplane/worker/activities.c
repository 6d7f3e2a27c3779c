// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker/activities.h"

#include <errno.h>
#include <string.h>

enum { BATCH = 32 }; // handed over at once: the line of the ring's tail moves between cores then

int activities_init(struct activities *activities, size_t slots, struct error *err)
{
    *activities = (struct activities){.ring = ring_create(sizeof(struct pane_flow), slots, err)};
    return activities->ring != NULL ? 0 : -ENOMEM;
}

void activities_fini(struct activities *activities)
{
    ring_free(activities->ring);
}

static void sides_write(struct pane_flow *to, const struct flow_entry *flow)
{
    for (unsigned side = 0; side < 2; side++) {
        to->total_bytes[side] = flow->side[side].bytes;
        to->total_packets[side] = flow->side[side].packets;
    }
    memcpy(to->tcp_flags, flow->tcp_flags, sizeof(to->tcp_flags));
    memcpy(to->ttl, flow->ttl, sizeof(to->ttl));
    memcpy(to->tos, flow->tos, sizeof(to->tos));
}

bool activities_put(struct activities *activities, int64_t pane_us, const struct flow_entry *flow,
                    const struct flow_rare *rare, const struct flow_activity *activity)
{
    struct pane_flow *to = ring_reserve(activities->ring, activities->reserved);
    if (to == NULL) {
        return false;
    }
    uint64_t packets = (uint64_t)flow->side[0].packets + flow->side[1].packets;
    to->key = flow->key;
    to->pane_us = pane_us;
    to->bytes = activity->bytes;
    to->wire_bytes = activity->wire_bytes;
    to->packets = (uint32_t)activity->packets; // listed flows count modulo 2^32
    to->application = flow->application;
    to->state = flow->state;
    to->flags = activity->packets == packets ? PANE_FLOW_STARTED : 0;
    sides_write(to, flow);
    if (flow->has_mac) {
        to->flags |= PANE_FLOW_MAC;
        memcpy(to->mac, flow->mac, sizeof(to->mac));
    }
    if (rare != NULL) {
        to->flags |= PANE_FLOW_RARE;
        to->rare = *rare;
    }
    if (++activities->reserved == BATCH) {
        activities_flush(activities);
    }
    return true;
}

void activities_flush(struct activities *activities)
{
    ring_submit(activities->ring, activities->reserved);
    activities->reserved = 0;
}
