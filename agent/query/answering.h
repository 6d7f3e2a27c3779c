// SPDX-License-Identifier: Apache-2.0
// Answers a query from its window: walks the subjects from the heaviest list of the ranking down to
// the threshold. What it looks at is what it tells, and the subjects of the one list that the
// threshold or the last row cuts, whose values are within a sixteenth of each other.
#ifndef WEIR_QUERY_ANSWERING_H
#define WEIR_QUERY_ANSWERING_H

#include "agent/query/query_answer.h"
#include "agent/series/sliding_window.h"

// Where answers are made; one at a time.
struct answering {
    struct query_row rows[QUERY_ROWS_MAX];
    uint32_t found[2 * QUERY_ROWS_MAX]; // keys of the window
};

// Fills rows, matching, subjects, total, mean, stddev, exact, error and loss, from what the window
// holds now. The rows are those of `answering`.
void answering_make(struct answering *answering, struct query_answer *answer,
                    const struct query *query, const struct sliding_window *window);

#endif
