// SPDX-License-Identifier: Apache-2.0
// A set of queries that is fed with made flows, each query with a model of it beside it.
#ifndef WEIR_TESTS_QUERY_SET_SCENE_H
#define WEIR_TESTS_QUERY_SET_SCENE_H

#include "agent/query/query_set.h"
#include "tests/unit/query/query_model.h"

enum { SCENE_QUERIES_MAX = 32 };

#define SCENE_START_US INT64_C(1700000000000000)

struct scene_query {
    struct model model;
    uint32_t filter_port; // 0: no filter
    int64_t since_us;     // of the first pane that it counts
    unsigned answers;
    bool changed; // as its last answer said
    uint64_t error;
};

typedef void scene_check(const struct model *model, const struct query_answer *answer,
                         int64_t from_us);

struct scene {
    struct query_set *set;
    struct prefix_set internal;
    struct random random;
    struct scene_query queries[SCENE_QUERIES_MAX];
    size_t query_count;
    size_t told;        // answers to the latest pane
    int64_t pane_us;    // start of the open pane
    uint64_t late;      // of each pane, in its loss
    scene_check *check; // of each answer; NULL: none
};

json_t *scene_json(const char *text);

// `path` may be NULL.
void scene_begin(struct scene *scene, const char *path, uint64_t memory_bytes);
void scene_end(struct scene *scene);

// Adds a query, which must be right, and a model of it that counts from the open pane on. A filter
// must be "port = N".
struct scene_query *scene_add(struct scene *scene, const char *definition);

// The query of a name, which must be there.
struct scene_query *scene_find(struct scene *scene, const char *name);

// So many flows in the open pane.
void scene_flows(struct scene *scene, enum model_stream stream, unsigned count);

// Closes the open pane, checks all answers and opens the next.
void scene_close(struct scene *scene);

#endif
