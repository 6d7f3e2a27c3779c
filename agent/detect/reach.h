// SPDX-License-Identifier: Apache-2.0
// From where to where a series reaches: in the last day or two, and at this time of other days. Any
// one thread.
#ifndef WEIR_DETECT_REACH_H
#define WEIR_DETECT_REACH_H

#include <stdbool.h>

enum {
    REACH_DAYS = 8,      // today and the week before
    REACH_BUCKETS = 288, // of a day, 5 minutes each
};

struct reach_span {
    float low, high; // low > high: nothing was seen
};

struct reach {
    struct reach_span lately; // since a day ago at most,
    struct reach_span before; // and in the day before that
    double lately_end_s;
    struct reach_span visit;                           // of this bucket, so far
    long bucket;                                       // since the epoch
    long day;                                          // whose buckets are written
    struct reach_span days[REACH_DAYS][REACH_BUCKETS]; // [number of the day modulo their number]
};

void reach_init(struct reach *reach);

// Where the series reached since a day ago or two. low > high: nothing is known.
struct reach_span reach_lately(const struct reach *reach);

// Where it reached at this time of other days, if two of them are known. Of those the strangest
// counts for nothing, unless it was this weekday: what came once is no rhythm. low > high: nothing
// is known.
struct reach_span reach_daily(const struct reach *reach, double time_s);

static inline bool reach_is_known(struct reach_span span)
{
    return span.low <= span.high;
}

// Learns a row. What is no part of what is usual counts for the rhythm of days only.
void reach_learn(struct reach *reach, double time_s, double x, bool usual);

#endif
