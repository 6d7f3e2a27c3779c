// SPDX-License-Identifier: Apache-2.0
// What a series usually shows at this time of a day or of a week. Any one thread.
#ifndef WEIR_DETECT_RHYTHM_H
#define WEIR_DETECT_RHYTHM_H

enum {
    RHYTHM_DAY_S = 86400,
    RHYTHM_DAY_BUCKETS = 288, // of 5 minutes
    RHYTHM_WEEK_S = 7 * RHYTHM_DAY_S,
    RHYTHM_WEEK_BUCKETS = 672, // of 15
    RHYTHM_BUCKETS_MAX = 672,
    RHYTHM_VISITS = 5,
};

// A bucket is a part of the period; a visit is one period's rows in it, of which the mean is kept.
struct rhythm {
    double period_s;
    int buckets;
    int current;   // bucket of the visit under way; -1: none
    double sum;    // of its rows
    double last_s; // time of the last of them
    unsigned rows;
    struct rhythm_bucket {
        double last_s; // time of the last visit
        unsigned visits;
        double means[RHYTHM_VISITS]; // of the last visits
    } bucket[RHYTHM_BUCKETS_MAX];
};

// Times are wall clock, in seconds since the epoch; the period is divided into `buckets` (at most
// RHYTHM_BUCKETS_MAX).
void rhythm_init(struct rhythm *rhythm, double period_s, int buckets);

// The median of what earlier periods showed at this time; NAN: they showed nothing, or the time is
// NAN.
double rhythm_expect(const struct rhythm *rhythm, double time_s);

void rhythm_learn(struct rhythm *rhythm, double time_s, double value);

#endif
