// SPDX-License-Identifier: Apache-2.0
// All that workers hand out in a run from start to end: flows, joined panes, books.
#ifndef WEIR_TESTS_WORKER_OUTCOME_H
#define WEIR_TESTS_WORKER_OUTCOME_H

#include "dataplane/worker/workers.h"
#include "tests/unit/flow/said.h"

// Sums over what flows did since the last pane.
struct outcome_activity {
    uint64_t packets, bytes, wire_bytes, started;
    int64_t first_us, last_us; // panes that they say they are of
};

struct outcome {
    struct said_set flows;
    struct outcome_activity activity; // of the pane to come
    uint64_t activities;              // in all
    struct pane *panes;               // with hosts of their own, sorted
    unsigned pane_count;
    struct workers_books books;
};

// How the consumer goes about it.
struct outcome_consumer {
    int64_t pause_us;          // after each poll that found something
    uint64_t stop_after_flows; // over 0: asks the workers to stop then
};

// Creates, starts, drains and joins workers with these options, and holds what flows did against
// the pane that follows. Free with outcome_free.
void outcome_run(struct outcome *outcome, const struct workers_options *options,
                 const struct outcome_consumer *consumer);
void outcome_free(struct outcome *outcome);

// Packets rejected, of all causes.
uint64_t outcome_rejects(const struct workers_books *books);

// Holds sums over panes against sums over flows and both against the books.
void outcome_check(const struct outcome *outcome);

// Fails the test at the first difference, whatever the order of the flows.
void outcomes_compare(struct outcome *one, struct outcome *other);

#endif
