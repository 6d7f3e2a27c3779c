// SPDX-License-Identifier: Apache-2.0
// What one query counts: the open pane's traffic by subject, and that of the panes of its window.
// Nothing is shared between queries. Belongs to the agent thread once it is counted with.
#ifndef WEIR_QUERY_COUNTING_H
#define WEIR_QUERY_COUNTING_H

#include <stdbool.h>

#include "agent/query/filter.h"
#include "agent/query/query.h"
#include "agent/series/sliding_window.h"
#include "dataplane/base/error.h"
#include "dataplane/base/hash.h"

// Flows that are counted together: each query's tables are in the caches while it counts them, and
// the memory of many subjects comes at once.
enum { FLOW_BATCH_MAX = 64 };

struct flow_batch {
    unsigned count;
    bool external[FLOW_BATCH_MAX]; // one end is inside and one outside, or no prefixes are known
    struct pane_flow flows[FLOW_BATCH_MAX];
};

struct counting {
    struct subject subject;
    enum query_by by;
    enum query_traffic traffic;
    struct filter *filter;
    int64_t pane_us;
    uint64_t total;               // of the open pane
    struct space_saving subjects; // of the open pane
    struct sliding_window window;
    uint32_t told; // revision of the query in the latest answer

    bool opened;         // query_set's: it counts the open pane from its beginning
    unsigned references; // query_set's
};

// Whether two definitions count the same, and differ at most in what is told of it.
bool counting_serves(const struct query *one, const struct query *other);

// Begins for a query that query_read has accepted, in so much memory (and less than 100 octets for
// each pane of an hour), touched as it is used. Returns NULL and a message where there is none. Any
// thread.
struct counting *counting_create(const struct query *query, int64_t pane_us, uint64_t memory_bytes,
                                 struct hash_secret secret, struct error *err);
void counting_free(struct counting *counting); // may be NULL

// Counts what flows did in the open pane.
void counting_flows(struct counting *counting, const struct flow_batch *batch);

// Moves the open pane into the window, which is `window_us` long and ends with it. After a pane
// that starts no later than the one before it, the window begins anew.
void counting_pane(struct counting *counting, const struct pane *pane, int64_t window_us);

#endif
