// SPDX-License-Identifier: Apache-2.0
// The next value of a series, by what came before. Any one thread.
#ifndef WEIR_DETECT_BASELINE_H
#define WEIR_DETECT_BASELINE_H

#include "agent/detect/rhythm.h"
#include "agent/detect/scale.h"

enum { BASELINE_RECENT = 15 };

enum baseline_expert {
    BASELINE_LAST,     // the median of the last 3 rows
    BASELINE_RECENTLY, // of the last 15
    BASELINE_DAY,      // as at this time of other days, set off by how the last 15 rows differed
    BASELINE_WEEK,
    BASELINE_EXPERTS,
};

struct baseline {
    double expected; // NAN: there is nothing to go by
    double spread;   // its mean error, above 0
    double values[BASELINE_RECENT];
    double offsets[2][BASELINE_RECENT]; // of the same rows from the day's and the week's rhythm
    unsigned rows;                      // in these rings, without end; 0 again after a gap
    struct rhythm rhythms[2];           // day, week
    double predictions[BASELINE_EXPERTS];
    struct scale errors[BASELINE_EXPERTS];
    struct scale distances[2]; // of rows from the rhythms alone
    struct scale error_lately; // of `expected`
    struct scale error;
    double time_s; // of the last row
    double step_s; // usual distance of rows
    unsigned steps;
};

void baseline_init(struct baseline *baseline);

// Sets `expected` and `spread` for a row of that time (NAN: not known). After a gap of many steps
// the last rows count for nothing; the rhythms stay.
void baseline_expect(struct baseline *baseline, double time_s);

// How far the value is from what was expected, or from a rhythm that was nearer; NAN: nothing was
// expected. Between baseline_expect and baseline_learn of the same row.
double baseline_error(const struct baseline *baseline, double value);

// The value (finite) that came then. After baseline_expect of the same row.
void baseline_learn(struct baseline *baseline, double time_s, double value);

#endif
