// SPDX-License-Identifier: Apache-2.0
// What one worker saw in one pane, as it hands it over: sums that add up over workers without loss.
#ifndef WEIR_WINDOW_PANE_H
#define WEIR_WINDOW_PANE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "dataplane/flow/application.h"
#include "dataplane/packet/packet.h"
#include "dataplane/window/host_table.h"

struct pane_protocol {
    uint64_t packets;
    uint64_t bytes;
};

struct pane_interface {
    uint64_t packets;
    uint64_t bytes;
};

// How far the sums can be trusted.
struct pane_loss {
    uint64_t late;           // packets of earlier panes, counted here
    uint64_t capture_drops;  // packets
    uint64_t parse_rejects;  // packets
    uint64_t evicted;        // flows
    uint64_t hosts_overflow; // packets of flows whose addresses found no room in `hosts`
    uint64_t shed;           // ended flows without a record, for want of room on its way out
    uint64_t activity_shed;  // packets of flows whose activity found no room on its way to queries
                             // and detectors
};

// Room for enum capture_drop and enum parse_reject, which this room does not know.
enum { PANE_DROP_CAUSES = 8, PANE_REJECT_CAUSES = 64 };

// The books from the start up to the moment at which the pane closed. At each such moment
//   received = parsed + capture_drops + parse_rejects, of all causes
//   parsed = ended_packets + live_packets
// A packet is received when it is parsed or refused: what waits in the capture, or as a fragment
// for its first one, is in none of these.
struct pane_books {
    uint64_t received;
    uint64_t capture_drops[PANE_DROP_CAUSES];
    uint64_t parse_rejects[PANE_REJECT_CAUSES];
    uint64_t parsed;
    uint64_t late; // packets of earlier panes than that which was open
    uint64_t flows_started;
    uint64_t flows_ended;
    uint64_t flows_evicted; // of those
    uint64_t ended_packets; // in flows that ended
    uint64_t live_packets;  // in flows that have not
    uint64_t rare_refused;  // packets whose labels and tunnels found no room
    uint64_t shed;          // ended flows without a record
};

struct pane {
    int64_t start_us; // of packet time, aligned to the pane's length
    int64_t end_us;
    int64_t first_us; // of the packets inside; INT64_MAX and INT64_MIN when there are none
    int64_t last_us;
    uint64_t packets;
    uint64_t bytes;
    uint64_t wire_bytes;
    uint64_t flows_started;
    uint64_t flows_ended;
    uint64_t flows_active; // in the table when the pane closed
    uint64_t fragments;    // IP packets that came in this pane and are a part of a datagram only
    struct pane_loss loss;
    struct pane_books books;
    struct pane_protocol protocols[APPLICATION_MAX];
    // As packets came: fragments whose first one is missing yet are among them.
    struct pane_interface interfaces[PACKET_INTERFACES];
    struct host *hosts; // each address once
    uint32_t host_count;

    // Set by the worker when it hands the pane over (release), cleared by who took it (release):
    // the two sides never write the rest at the same time.
    atomic_bool taken;
};

// Who took the pane is done with it. Any one thread.
static inline void pane_give_back(struct pane *pane)
{
    atomic_store_explicit(&pane->taken, false, memory_order_release);
}

#endif
