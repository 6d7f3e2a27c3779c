// SPDX-License-Identifier: Apache-2.0
// From the thread that reads to one worker: facts in order, and between them the turns of the
// panes. Facts lie in a ring and are counted where they lie. A turn is announced by a mark in that
// ring and waits in a small ring of its own, so that the slots of facts stay as small as facts are.
#ifndef WEIR_WORKER_LANE_H
#define WEIR_WORKER_LANE_H

#include "dataplane/base/ring.h"
#include "dataplane/packet/facts.h"
#include "dataplane/worker/pane_clock.h"
#include "dataplane/worker/tally.h"

struct lane {
    struct ring *facts;
    struct ring *turns;
    size_t reserved; // by the reader's thread, not yet submitted
};

// 0 or a negative errno with a message.
int lane_init(struct lane *lane, struct error *err);
void lane_fini(struct lane *lane);

// Reader's thread. put and turn wait while the ring is full; what was put reaches the worker at the
// next flush, turn or end.
void lane_put(struct lane *lane, const struct facts *facts);
void lane_flush(struct lane *lane);
void lane_turn(struct lane *lane, const struct pane_turn *turn);
void lane_end(struct lane *lane);

// Worker's thread: feeds the tally until the end comes.
void lane_run(struct lane *lane, struct tally *tally);

#endif
