// SPDX-License-Identifier: Apache-2.0
// The first half of the packet's way: capture, parse, fragments, panes. Whoever runs it (a worker
// by itself, or the thread that spreads packets over several) sees the whole stream in order, so
// that what is decided here does not depend on the number of workers.
#ifndef WEIR_WORKER_READER_H
#define WEIR_WORKER_READER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "dataplane/base/counter.h"
#include "dataplane/base/hash.h"
#include "dataplane/capture/capture.h"
#include "dataplane/flow/fragment.h"
#include "dataplane/parse/parse.h"
#include "dataplane/worker/pane_clock.h"

// Where facts go. The calls come in the order of the stream, from the thread that runs the reader;
// what they are given dies when they return.
struct reader_output {
    void *context;
    void (*add)(void *context, const struct facts *facts, unsigned count);
    void (*turn)(void *context, const struct pane_turn *turn);

    // READER_WALL_CLOCK: between bursts and while there are none, to end flows that are due.
    void (*sweep)(void *context, int64_t now_us);
};

// What makes a pane end.
enum reader_clock {
    READER_PACKET_TIME, // the first packet past it
    READER_WALL_CLOCK,  // that, or the clock where no packet comes
};

enum reader_idle { READER_SLEEPS, READER_POLLS };

struct reader_options {
    struct capture *capture; // stays the caller's
    struct parse_options parse;
    uint32_t max_fragments;
    int64_t fragment_timeout_us;
    int64_t pane_us;
    int64_t quiet_us; // silence that is cut into empty panes
    enum reader_clock clock;
    int64_t lag_us;        // READER_WALL_CLOCK: how late a packet may come
    enum reader_idle idle; // READER_WALL_CLOCK: what to do while none comes
    enum memory_pages pages;
    struct hash_secret secret;
    const atomic_bool *stop; // set from any thread: the stream ends at the next burst
};

// Written by the reader's thread, readable by any.
struct reader_counters {
    counter parsed; // packets
    counter late;
    counter rejects[PARSE_REJECT_COUNT];
};

struct reader;

// Sets *reader. 0 or a negative errno with a message; *reader is untouched then.
int reader_create(struct reader **reader, const struct reader_options *options,
                  const struct reader_output *output, struct error *err);

// `reader` may be NULL.
void reader_free(struct reader *reader);

// Runs the stream to its end or to a stop: the last turn ends the last pane and begins none.
void reader_run(struct reader *reader);

const struct reader_counters *reader_counters(const struct reader *reader);
const struct fragment_stats *reader_fragment_stats(const struct reader *reader);

#endif
