// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/rhythm.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "agent/detect/scale.h"

enum { NEIGHBOURS = 2 }; // buckets to either side that stand in for one never visited

void rhythm_init(struct rhythm *rhythm, double period_s, int buckets)
{
    memset(rhythm, 0, sizeof(*rhythm));
    rhythm->period_s = period_s;
    rhythm->buckets = buckets;
    rhythm->current = -1;
}

static int bucket_of(const struct rhythm *rhythm, double time_s)
{
    double rest = fmod(time_s, rhythm->period_s); // exact, so that a time of day has one bucket
    rest += rest < 0 ? rhythm->period_s : 0;
    int bucket = (int)(rest * rhythm->buckets / rhythm->period_s);
    return bucket < rhythm->buckets ? bucket : 0; // rounding
}

static double bucket_median(const struct rhythm_bucket *bucket)
{
    unsigned kept = bucket->visits < RHYTHM_VISITS ? bucket->visits : RHYTHM_VISITS;
    double means[RHYTHM_VISITS];
    memcpy(means, bucket->means, sizeof(means));
    return kept > 0 ? median_of(means, kept) : NAN;
}

static bool is_known(const struct rhythm *rhythm, int bucket, double time_s)
{
    const struct rhythm_bucket *of = &rhythm->bucket[bucket];
    return of->visits > 0 && fabs(time_s - of->last_s) > rhythm->period_s / 2;
}

double rhythm_expect(const struct rhythm *rhythm, double time_s)
{
    if (!isfinite(time_s)) {
        return NAN;
    }
    int bucket = bucket_of(rhythm, time_s);
    for (int distance = 0; distance <= NEIGHBOURS; distance++) {
        int before = (bucket - distance + rhythm->buckets) % rhythm->buckets;
        int after = (bucket + distance) % rhythm->buckets;
        if (is_known(rhythm, before, time_s)) {
            return bucket_median(&rhythm->bucket[before]);
        }
        if (is_known(rhythm, after, time_s)) {
            return bucket_median(&rhythm->bucket[after]);
        }
    }
    return NAN;
}

void rhythm_learn(struct rhythm *rhythm, double time_s, double value)
{
    if (!isfinite(time_s)) {
        return;
    }
    int bucket = bucket_of(rhythm, time_s);
    double length_s = rhythm->period_s / rhythm->buckets;
    bool over = bucket != rhythm->current || fabs(time_s - rhythm->last_s) > length_s;
    if (over && rhythm->rows > 0) {
        struct rhythm_bucket *visited = &rhythm->bucket[rhythm->current];
        visited->means[visited->visits++ % RHYTHM_VISITS] = rhythm->sum / rhythm->rows;
        visited->last_s = rhythm->last_s;
        rhythm->sum = 0;
        rhythm->rows = 0;
    }
    rhythm->current = bucket;
    rhythm->last_s = time_s;
    rhythm->sum += value;
    rhythm->rows++;
}
