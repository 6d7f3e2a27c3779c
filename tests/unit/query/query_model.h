// SPDX-License-Identifier: Apache-2.0
// Queries answered the plain way: everything that was ever counted is kept, and summed up anew for
// each answer, with conditions in whole numbers.
#ifndef WEIR_TESTS_QUERY_MODEL_H
#define WEIR_TESTS_QUERY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/query/query_answer.h"
#include "dataplane/base/prefix.h"
#include "tests/unit/base/random.h"

enum { MODEL_PANE_US = 1000000 };

struct model_sum {
    struct subject_key key;
    int64_t pane_us;
    uint64_t value;
};

// What one query would have counted.
struct model {
    struct query query;
    const struct prefix_set *internal;
    struct model_sum *sums; // of each flow and subject
    size_t count;
    size_t room;
    struct model_sum *totals; // of each pane; without a key
    size_t pane_count;
    size_t pane_room;
};

// Of an answer: all subjects, by key, and those that match, best first.
struct model_answer {
    struct query_row *subjects;
    size_t subject_count;
    struct query_row *matching;
    size_t matching_count;
    uint64_t total;
};

void model_init(struct model *model, const struct query *query, const struct prefix_set *internal);
void model_free(struct model *model);

// `filtered`: whether the query's filter holds for the flow, which the caller knows.
void model_flow(struct model *model, const struct pane_flow *flow, bool filtered);
void model_pane(struct model *model, int64_t start_us, uint64_t late);

// Of the panes that start at `from_us` or later. To be freed.
struct model_answer model_answer(const struct model *model, int64_t from_us);
void model_answer_free(struct model_answer *answer);

// Fails the test where an answer that must be exact is not what the model says, of all panes that
// start at `from_us` or later and before `end_us`.
void model_check(const struct model *model, const struct query_answer *answer, int64_t from_us);

// The same where memory was too small: the bounds hold, and nothing is missing above them.
void model_check_bounds(const struct model *model, const struct query_answer *answer,
                        int64_t from_us);

// Flows between hosts of 10.0.0.0/8 and others.
enum model_stream {
    MODEL_UNIFORM,
    MODEL_ZIPF,
    MODEL_EQUAL,    // many subjects of the same value
    MODEL_ROTATING, // other heavy ones every ten panes
    MODEL_EACH_NEW, // hardly a subject comes twice
    MODEL_STREAM_COUNT,
};

struct pane_flow model_draw(struct random *random, enum model_stream stream, int64_t pane_us);

#endif
