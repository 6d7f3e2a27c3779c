// SPDX-License-Identifier: Apache-2.0
// What a set of queries is made of, for the files of this room only.
//
// Two threads meet here: whoever changes definitions (query_set.c), and the agent thread, which
// counts (query_set_count.c).
//
// A definition never changes once the agent thread can see it: a change puts another in its place,
// which goes on with the same counting where it counts the same. Definitions and countings are
// freed by whoever lets go of them last. `edit` is held by who changes something, as long as the
// file takes; `handover` guards the list and the references, for as long as it takes to walk them,
// so that the agent thread never waits for a disk. Only who holds both writes the list.
#ifndef WEIR_QUERY_QUERY_SET_PARTS_H
#define WEIR_QUERY_QUERY_SET_PARTS_H

#include <pthread.h>

#include "agent/query/answering.h"
#include "agent/query/counting.h"
#include "agent/query/query_file.h"
#include "agent/query/query_set.h"

struct standing {
    struct query query;
    uint64_t number; // the same for what a query was changed to
    struct counting *counting;
    unsigned references;
    struct standing *next; // of those to be freed
};

struct standing_list {
    struct standing **items; // room for `max`
    size_t count;
};

struct query_set {
    char *path;
    unsigned max;
    uint64_t memory_bytes;
    int64_t pane_us;
    const struct prefix_set *internal;
    struct hash_secret secret;

    pthread_mutex_t edit;
    struct query_file_seen seen; // with `edit`
    pthread_mutex_t handover;
    struct standing_list defined;
    uint64_t numbers; // of queries ever added

    // The agent thread's.
    struct standing_list counted;
    struct standing_list counted_before; // room for the next list
    bool open;                           // flows of the open pane were told
    struct flow_batch batch;             // the latest of them, yet to be counted
    struct answering answering;
};

// Held by the caller, with a counting of its own, and by nobody else. NULL and a message: no
// memory.
struct standing *standing_create(const struct query_set *set, const struct query *query,
                                 uint64_t number, struct error *err);

// The same with the counting of another one, which the caller's `edit` keeps there. Takes
// `handover`.
struct standing *standing_change(struct query_set *set, const struct standing *old,
                                 const struct query *query, struct error *err);

// With `handover` held: lets go of one, which goes to *dead where nobody else holds it.
void standing_release(struct standing *standing, struct standing **dead);

// Without it.
void standing_free_all(struct standing *dead);

#endif
