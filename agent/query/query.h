// SPDX-License-Identifier: Apache-2.0
// A standing query: which subjects of traffic stand out over the last T, in one of three ways.
// As JSON, in the file of queries and in the control API:
//
//   {"name": "heavy", "kind": "share", "subject": "protocol", "by": "bytes", "window": "60s",
//    "percent": 5, "filter": "destination_port = 53 and not source_ip in 10.0.0.0/8"}
#ifndef WEIR_QUERY_QUERY_H
#define WEIR_QUERY_QUERY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/query/subject.h"
#include "dataplane/base/error.h"

enum { QUERY_NAME_MAX = 64, QUERY_FILTER_MAX = 1024 };
#define QUERY_WINDOW_MAX_US INT64_C(3600000000)

enum query_kind {
    QUERY_SHARE,     // more than `percent` of the traffic
    QUERY_TOP,       // the `k` that have most
    QUERY_DEVIATION, // more than `deviations` standard deviations above the baseline
    QUERY_KIND_COUNT,
};

enum query_by { QUERY_BYTES, QUERY_PACKETS, QUERY_FLOWS, QUERY_BY_COUNT }; // flows: those begun

// What the deviations are added to: the mean of all subjects that had traffic, or nothing.
enum query_baseline { QUERY_MEAN, QUERY_ZERO, QUERY_BASELINE_COUNT };

// Traffic with one end inside network.internal and one outside (all, where that is empty), or all.
enum query_traffic { QUERY_EXTERNAL, QUERY_ALL, QUERY_TRAFFIC_COUNT };

extern const char *const query_kind_names[QUERY_KIND_COUNT + 1]; // "share", "top", "deviation"
extern const char *const query_by_names[QUERY_BY_COUNT + 1];     // each ends with NULL
extern const char *const query_baseline_names[QUERY_BASELINE_COUNT + 1]; // "mean", "zero"
extern const char *const query_traffic_names[QUERY_TRAFFIC_COUNT + 1];   // "external", "all"

struct query {
    char name[QUERY_NAME_MAX + 1]; // letters, digits, '-', '_', '.'
    enum query_kind kind;
    struct subject subject;
    enum query_by by;
    int64_t window_us; // T: whole panes, at most an hour
    double percent;    // QUERY_SHARE: H, from 0 to 100
    uint32_t k;        // QUERY_TOP
    double deviations; // QUERY_DEVIATION: X, from 0 to a million
    enum query_baseline baseline;
    enum query_traffic traffic;
    char filter[QUERY_FILTER_MAX + 1]; // as it was written; empty: none
    uint32_t revision;                 // 1 when added; one more with each change
};

// Reads a whole definition. Unknown members, missing ones, those of another kind, values out of
// range, a filter that does not parse are errors. 0, or -EINVAL with a message that names the
// member, what was found and what was expected (for a filter, the column). `pane_us` is what
// windows are whole multiples of. `revision` is not read.
int query_read(struct query *query, const json_t *json, int64_t pane_us, struct error *err);

// Changes some members of a query: `json` holds those that change; `null` returns one to its
// default, and takes a filter away. What a new kind or subject does not have goes by itself; a
// change of `name` is an error. As query_read, or -ENOMEM; *query is untouched on failure.
int query_change(struct query *query, const json_t *json, int64_t pane_us, struct error *err);

// Whether both say the same, whatever their revisions.
bool query_same(const struct query *one, const struct query *other);

// A new object with every member that the query's kind has, and its revision; NULL: no memory.
json_t *query_json(const struct query *query);

#endif
