// SPDX-License-Identifier: Apache-2.0
// A burst of a source that a wrapping source holds, to give its packets out one by one.
#ifndef WEIR_CAPTURE_HELD_H
#define WEIR_CAPTURE_HELD_H

#include "dataplane/capture/capture.h"

struct held {
    struct capture *source;
    unsigned next; // the packet to give out next
    unsigned count;
    struct packet packets[CAPTURE_BURST_MAX];
};

// Takes the source's next burst if this one is used up; what was given out of this one must have
// been released. Returns 1 if a packet is held, otherwise what the source's rx_burst returned: 0 or
// CAPTURE_END.
static inline int held_fill(struct held *held)
{
    if (held->next < held->count) {
        return 1;
    }
    if (held->count > 0) {
        capture_release(held->source);
    }
    held->next = 0;
    held->count = 0;
    int received = capture_rx_burst(held->source, held->packets, CAPTURE_BURST_MAX);
    if (received <= 0) {
        return received;
    }
    held->count = (unsigned)received;
    return 1;
}

// Adds what the source counted, but for the packets that are still held.
static inline void held_add_stats(const struct held *held, struct capture_stats *stats)
{
    struct capture_stats part;
    held->source->ops->stats(held->source, &part);
    stats->received += part.received - (held->count - held->next);
    stats->wire_bytes += part.wire_bytes;
    stats->unordered += part.unordered;
    for (size_t drop = 0; drop < CAPTURE_DROP_COUNT; drop++) {
        stats->drops[drop] += part.drops[drop];
    }
    for (unsigned i = held->next; i < held->count; i++) {
        stats->wire_bytes -= held->packets[i].wire_bytes;
    }
}

#endif
