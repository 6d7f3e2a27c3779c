// SPDX-License-Identifier: Apache-2.0
// What a query found over the last T, when a pane closed.
#ifndef WEIR_QUERY_QUERY_ANSWER_H
#define WEIR_QUERY_QUERY_ANSWER_H

#include "agent/query/query.h"
#include "dataplane/window/pane.h"

enum { QUERY_ROWS_MAX = 1000 }; // of an answer; `matching` says how many there were

struct query_row {
    struct subject_key key;
    uint64_t value;    // bytes, packets or flows over the window
    double percent;    // of `total`
    double deviations; // (value - mean) / stddev; 0 where stddev is
};

struct query_answer {
    const struct query *query;
    int64_t start_us; // of the panes that were counted: end_us - T, or when the query was added
    int64_t end_us;
    const struct query_row *rows; // by value, highest first; of equal ones, the lower key first
    uint32_t row_count;
    uint64_t matching; // subjects that met the condition
    uint64_t subjects; // that had traffic
    uint64_t total;    // traffic that passed the filter, each flow once
    double mean;       // of all subjects that had traffic: population mean and standard deviation
    double stddev;
    bool exact;     // all that flows did came here (loss.activity_shed is 0) and found room
    uint64_t error; // where it did not find room: no subject has had more than its row's value (0
                    // where it has none) plus this and what never came, nor less than that
    bool changed;   // the first answer of a new revision of the query
    struct pane_loss loss; // of all panes of the window
};

#endif
