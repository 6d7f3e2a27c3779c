// SPDX-License-Identifier: Apache-2.0
// One quantity that each pane has, judged pane by pane, and ten panes at a time: what is strong is
// found at once, what is weak when it has lasted. Any one thread.
#ifndef WEIR_DETECT_PACE_H
#define WEIR_DETECT_PACE_H

#include "agent/detect/norm.h"
#include "agent/detect/recent.h"

enum {
    PACE_BLOCK = 10,
    PACE_ROWS_MIN = 60, // panes before anything is told
};

struct pace {
    struct recent recent, recent_blocks;
    struct norm each, blocks;
    double last[PACE_BLOCK]; // quantities, out of the logarithm
    unsigned count;          // of panes since the beginning, or a gap
    bool strange;            // some ten panes that end in this block were told
};

struct pace_verdict {
    bool beyond;
    bool above;
    double times; // how far beyond the limit: for finding_score
    double x;     // of the pane, or of the block's mean
    double expected;
    unsigned panes; // that x is of
    double chance;  // of ten panes that are as low as the last ones; 1: they are not low
    double ten;     // their mean,
    double of_ten;  // and what was expected of them; both hold where chance is below 1
};

// `distance_min` as in norm.h; `panes_min` (PACE_ROWS_MIN or more): before anything is told.
void pace_init(struct pace *pace, double distance_min, double panes_min);

// The pane's row, in octaves. The verdict is the stranger one of the pane's and of the last ten
// panes', whatever block they are in.
struct pace_verdict pace_feed(struct pace *pace, double time_s, double x);

// The last ten panes were told, though they are not beyond the limit: they are not usual.
void pace_strange(struct pace *pace);

// The median of the last panes; NAN: there are none.
double pace_expected(const struct pace *pace);

// After a gap in time the last panes say nothing of the next one.
void pace_gap(struct pace *pace);

#endif
