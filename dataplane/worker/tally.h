// SPDX-License-Identifier: Apache-2.0
// The second half of the packet's way: from facts to flows and panes, and from there as whole
// messages into the ring that leads out of the worker. One tally belongs to one worker thread and
// shares nothing that it writes but that ring.
#ifndef WEIR_WORKER_TALLY_H
#define WEIR_WORKER_TALLY_H

#include "dataplane/base/ring.h"
#include "dataplane/flow/flow_table.h"
#include "dataplane/window/window.h"
#include "dataplane/worker/pane_clock.h"

enum tally_message_type {
    TALLY_FLOW, // a flow ended
    TALLY_OPEN, // a pane begins; of it only start_us and end_us may be read
    TALLY_PANE, // it closed; give it back with pane_give_back
    TALLY_END,  // nothing follows
};

struct tally_message {
    struct flow_record flow; // TALLY_FLOW
    uint8_t type;            // enum tally_message_type
    struct pane *pane;       // TALLY_OPEN, TALLY_PANE
};

// When a ring is full.
enum tally_pressure {
    TALLY_WAITS, // back-pressure: nothing is lost

    // Packets come first: what ends without room has no record, and is counted (shed). Slight flows
    // (flow_is_slight) may fill a part of the ring only, so that a flood costs the records of
    // nobody else. What flows did and has no room is counted by its packets (activity_shed). All
    // flows that live at the end are waited for.
    TALLY_SHEDS,
};

struct tally_options {
    struct flow_options flow;
    struct window_options window;
    size_t messages;   // slots of the ring, a power of two
    size_t activities; // the same of the ring of what flows did
    enum tally_pressure pressure;
};

struct tally;

// Sets *tally. 0 or a negative errno with a message; *tally is untouched then.
int tally_create(struct tally **tally, const struct tally_options *options, struct error *err);

// `tally` may be NULL.
void tally_free(struct tally *tally);

// Worker thread. TALLY_WAITS: all wait while the ring is full.
void tally_add(struct tally *tally, const struct facts *facts, unsigned count);
void tally_turn(struct tally *tally, const struct pane_turn *turn); // the last one ends all flows
void tally_end(struct tally *tally);

// Worker thread. TALLY_WAITS: does nothing. TALLY_SHEDS: ends some of the flows that were due
// before `now_us`. To be called often, so that flows that began together need not leave together;
// turns end no flows then.
void tally_sweep(struct tally *tally, int64_t now_us);

// The consumer's side: struct tally_message slots.
struct ring *tally_ring(struct tally *tally);

// The consumer's side: struct pane_flow slots, for each flow one or more in a pane in which it was
// active. All of a pane are there before its TALLY_PANE is, and those of the next come behind them.
struct ring *tally_activities(struct tally *tally);

// From the worker thread, or after its end.
const struct flow_table_stats *tally_flow_stats(const struct tally *tally);
uint64_t tally_shed(const struct tally *tally); // flows

// Packets in flows that have not ended, a moment ago. Any thread.
uint64_t tally_live_packets(const struct tally *tally);

#endif
