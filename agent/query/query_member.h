// SPDX-License-Identifier: Apache-2.0
// The members that a query's definition can have: one row for each. For the query's own files.
#ifndef WEIR_QUERY_QUERY_MEMBER_H
#define WEIR_QUERY_QUERY_MEMBER_H

#include "agent/query/query.h"

struct query_member {
    const char *name;
    bool required;
    bool (*belongs)(const struct query *query); // whether queries of its kind and subject have it
    const char *owners; // those that do: "queries of kind top"; or NULL: all

    // Sets the member, or its default where the definition lacks it (NULL). 0, or -EINVAL: it is
    // not what `expect` says; for what says more of itself, with a message.
    int (*store)(struct query *query, const json_t *value, int64_t pane_us, struct error *err);

    // Says what is accepted: "an integer from 1 to 1000".
    void (*expect)(int64_t pane_us, char *text, size_t size);

    // A new value, null where the query has none; NULL: no memory.
    json_t *(*show)(const struct query *query);
};

// In the order in which they are read and shown; kind and subject are the first to be read, since
// the others belong by them.
extern const struct query_member query_members[];
extern const size_t query_member_count; // of them

// The member of that name, or NULL.
const struct query_member *query_member_find(const char *name);

#endif
