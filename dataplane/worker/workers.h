// SPDX-License-Identifier: Apache-2.0
// Start and stop of the cores. A worker with a stream of its own reads, parses and counts by
// itself, run to completion. Several workers on one stream are fed by a thread that reads and
// parses and spreads the facts by the keyed hash of the flow key, which is the same for both
// directions and for all fragments.
#ifndef WEIR_WORKER_WORKERS_H
#define WEIR_WORKER_WORKERS_H

#include "dataplane/worker/reader.h"
#include "dataplane/worker/tally.h"

enum { WORKERS_MAX = 64 };

struct workers_options {
    unsigned count; // 1..WORKERS_MAX

    // One for each worker, or one for all of them. They stay the caller's.
    struct capture *const *captures;
    unsigned capture_count;

    struct reader_options reader; // of each stream; workers_create sets capture, secret and stop
    struct tally_options tally;   // of each worker; the secrets are set by workers_create
    const unsigned *cores;        // to pin to: workers', then the reader's; further ones: ignored
    unsigned core_count;          // 0: not pinned

    // Called by each of these threads before it does anything else. NULL: nothing is.
    void (*thread_ready)(void *context);
    void *context;
};

// What all workers did, summed up.
struct workers_books {
    uint64_t parsed;
    uint64_t late;
    uint64_t rejects[PARSE_REJECT_COUNT];
    struct flow_table_stats flows;
    uint64_t shed; // flows that ended without a record
    struct fragment_stats fragments;
};

struct workers;

// Allocates everything. 0 or a negative errno with a message; *workers is untouched then.
int workers_create(struct workers **workers, const struct workers_options *options,
                   struct error *err);

// `workers` may be NULL; after workers_join or without a start.
void workers_free(struct workers *workers);

// Starts the threads. 0, or a negative errno with a message and no thread running.
int workers_start(struct workers *workers, struct error *err);

// Asks for an orderly end: the stream ends at the next burst, flows and panes follow. Any thread.
void workers_stop(struct workers *workers);

// The messages of worker `index`, and struct pane_flow: what its flows did. The one consumer must
// drain every ring, the messages up to TALLY_END.
struct ring *workers_ring(struct workers *workers, unsigned index);
struct ring *workers_activities(struct workers *workers, unsigned index);

// Packets parsed so far, and those of them whose flows have not ended. Any thread.
uint64_t workers_parsed(const struct workers *workers);
uint64_t workers_live_packets(const struct workers *workers);

// Waits for the threads' end, which comes after every ring was drained.
void workers_join(struct workers *workers);

// After workers_join.
void workers_books(const struct workers *workers, struct workers_books *books);

#endif
