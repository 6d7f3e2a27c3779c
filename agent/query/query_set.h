// SPDX-License-Identifier: Apache-2.0
// All standing queries of a sensor. Definitions are guarded by a mutex and may be changed by any
// thread; counting and answering belong to the agent thread, which takes changes over when a pane
// closes. What is changed is written to the set's file before the call returns.
#ifndef WEIR_QUERY_QUERY_SET_H
#define WEIR_QUERY_QUERY_SET_H

#include <jansson.h>

#include "agent/query/query_answer.h"
#include "dataplane/base/prefix.h"

struct query_set_options {
    const char *path; // of the file with the definitions, a JSON array; NULL: none. A file that is
                      // not there is an empty set. Replaced whole (rename) on a change
    unsigned max;     // queries
    uint64_t memory_bytes; // for what one query remembers
    int64_t pane_us;
    const struct prefix_set *internal; // the caller's; lives longer
};

struct query_set;

// Reads the definitions. 0, or a negative errno with a message that names file, query and member;
// *set is untouched then.
int query_set_create(struct query_set **set, const struct query_set_options *options,
                     struct error *err);
void query_set_free(struct query_set *set); // may be NULL

// Any thread. Each holds from the answer on that is told when the open pane closes. Only what has
// yet to be counted (a new query; a change of subject, by, filter or traffic, which counts anew),
// where flows of that pane were told already, waits: the next pane is the first that is counted and
// answered by it, and until then the query answers as it was. With other changes a query keeps its
// history, which is never longer than its window was; one that
// changes nothing gives no new revision. 0, or with a message -EINVAL (the definition
// is wrong), -EEXIST, -ENOENT, -ENOSPC (too many), -EIO (the file could not be written: nothing was
// changed), -ENOMEM.
int query_set_add(struct query_set *set, const json_t *definition, struct error *err);
int query_set_change(struct query_set *set, const char *name, const json_t *members,
                     struct error *err);
int query_set_remove(struct query_set *set, const char *name, struct error *err);

// Any thread: a new array of all definitions (query_json), or a new object of one; NULL: no memory,
// or no such query.
json_t *query_set_list(struct query_set *set);
json_t *query_set_get(struct query_set *set, const char *name);

// Any thread, also the agent's, since neither waits for a change that is being written: how many
// queries there are, and whether one has that name.
size_t query_set_count(struct query_set *set);
bool query_set_has(struct query_set *set, const char *name);

// Agent thread. What a flow did in the open pane.
void query_set_flow(struct query_set *set, const struct pane_flow *flow);

// Agent thread. The open pane has closed with these sums: `tell` gets the answer of each query, in
// the order in which they were added; an answer dies when it returns.
void query_set_pane(struct query_set *set, const struct pane *pane,
                    void (*tell)(void *context, const struct query_answer *answer), void *context);

#endif
