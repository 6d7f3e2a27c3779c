// SPDX-License-Identifier: Apache-2.0
// What is the norm in a series, and what is so far beyond it that an operator should hear of it.
// Where a series is scored row by row (detection.h), one row of 200 is flagged; a sensor has forty
// series of 86,400 rows a day. Any one thread.
//
// Rows are in octaves: the logarithm to base 2 of a quantity, or an entropy in bits.
#ifndef WEIR_DETECT_NORM_H
#define WEIR_DETECT_NORM_H

#include <stdbool.h>

#include "agent/detect/reach.h"
#include "agent/detect/scale.h"
#include "agent/detect/tail.h"

enum { NORM_WAITING_MAX = 12 };

struct norm_options {
    double rows_min;     // before anything is told
    double distance_min; // from what was expected, in octaves: less matters to nobody
    double probability;  // of a row by chance: what is likelier is not told
    unsigned waiting;    // rows (up to NORM_WAITING_MAX) that pass before one is learned: what is
                         // told when it is whole must not have been learned in part before
};

struct norm_row {
    double time_s, expected, x;
    bool usual;
};

struct norm {
    struct norm_options options;
    struct scale scale;  // of distances,
    struct scale lately; // and of those of the last rows
    struct tail above, below;
    struct reach reach;
    double rows;                               // learned
    struct norm_row waiting[NORM_WAITING_MAX]; // to be learned
    unsigned next;                             // place among these
    unsigned waiting_rows;
};

struct norm_verdict {
    bool beyond;
    bool above;    // or below
    double limit;  // that the row is beyond
    double chance; // that a row is so far from what was expected; 1: it is within reach
};

void norm_init(struct norm *norm, const struct norm_options *options);

// Judges a row (finite) that `expected` was expected for. Times as in reach.h.
struct norm_verdict norm_look(const struct norm *norm, double time_s, double expected, double x);

// Learns a row, when its time has come; one that is not usual adds nothing to the reach, nor do
// those that still wait.
void norm_learn(struct norm *norm, double time_s, double expected, double x, bool usual);

// Both: what is beyond is not usual.
struct norm_verdict norm_judge(struct norm *norm, double time_s, double expected, double x);

#endif
