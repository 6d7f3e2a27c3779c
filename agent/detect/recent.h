// SPDX-License-Identifier: Apache-2.0
// The median of the last rows of a series, kept as rows come. Any one thread.
#ifndef WEIR_DETECT_RECENT_H
#define WEIR_DETECT_RECENT_H

enum { RECENT_ROWS = 61 };

struct recent {
    double ring[RECENT_ROWS];
    double sorted[RECENT_ROWS];
    unsigned rows; // kept
    unsigned next; // where in the ring the next one goes
};

void recent_clear(struct recent *recent);
void recent_add(struct recent *recent, double x); // finite

// NAN: there are no rows.
double recent_median(const struct recent *recent);

#endif
