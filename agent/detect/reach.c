// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/reach.h"

#include <limits.h>
#include <math.h>

enum { DAY_S = 86400, BUCKET_S = DAY_S / REACH_BUCKETS };

static const struct reach_span nothing = {INFINITY, -INFINITY};

void reach_init(struct reach *reach)
{
    reach->lately = reach->before = reach->visit = nothing;
    reach->lately_end_s = -INFINITY;
    reach->bucket = reach->day = LONG_MIN;
    for (int day = 0; day < REACH_DAYS; day++) {
        for (int bucket = 0; bucket < REACH_BUCKETS; bucket++) {
            reach->days[day][bucket] = nothing;
        }
    }
}

static struct reach_span join(struct reach_span one, struct reach_span other)
{
    return (struct reach_span){fminf(one.low, other.low), fmaxf(one.high, other.high)};
}

static struct reach_span with(struct reach_span span, double x)
{
    return join(span, (struct reach_span){(float)x, (float)x});
}

static int wrap(long number, int size)
{
    return (int)((number % size + size) % size);
}

// A bucket of an earlier day, with those beside it, since nothing comes on the dot.
static struct reach_span bucket_at(const struct reach *reach, long bucket)
{
    long day = (long)floor((double)bucket / REACH_BUCKETS);
    const struct reach_span *of = reach->days[wrap(day, REACH_DAYS)];
    int at = wrap(bucket, REACH_BUCKETS);
    struct reach_span beside =
        join(of[wrap(at + 1, REACH_BUCKETS)], of[wrap(at - 1, REACH_BUCKETS)]);
    return reach_is_known(of[at]) ? join(of[at], beside) : nothing;
}

struct reach_span reach_lately(const struct reach *reach)
{
    return join(reach->lately, reach->before);
}

struct reach_span reach_daily(const struct reach *reach, double time_s)
{
    long bucket = (long)floor(time_s / BUCKET_S);
    struct reach_span most = nothing;   // of other days
    struct reach_span second = nothing; // without the highest high and the lowest low
    struct reach_span last_week = nothing;
    int known = 0;
    for (int before = 1; before < REACH_DAYS; before++) {
        last_week = bucket_at(reach, bucket - (long)before * REACH_BUCKETS);
        if (reach_is_known(last_week)) {
            known++;
            second.high = fmaxf(second.high, fminf(last_week.high, most.high));
            second.low = fminf(second.low, fmaxf(last_week.low, most.low));
            most = join(most, last_week);
        }
    }
    return known < 2 ? nothing : join(second, last_week);
}

static void visit_end(struct reach *reach)
{
    long day = (long)floor((double)reach->bucket / REACH_BUCKETS);
    struct reach_span *of = reach->days[wrap(day, REACH_DAYS)];
    if (day != reach->day) {
        for (int bucket = 0; bucket < REACH_BUCKETS; bucket++) {
            of[bucket] = nothing; // of a day too long ago
        }
        reach->day = day;
    }
    of[wrap(reach->bucket, REACH_BUCKETS)] = reach->visit;
}

void reach_learn(struct reach *reach, double time_s, double x, bool usual)
{
    long bucket = (long)floor(time_s / BUCKET_S);
    if (bucket != reach->bucket) {
        if (reach_is_known(reach->visit)) {
            visit_end(reach);
        }
        reach->bucket = bucket;
        reach->visit = nothing;
    }
    reach->visit = with(reach->visit, x);
    if (time_s >= reach->lately_end_s || time_s < reach->lately_end_s - DAY_S) {
        reach->before = time_s < reach->lately_end_s + DAY_S ? reach->lately : nothing;
        reach->lately = nothing;
        reach->lately_end_s = time_s + DAY_S;
    }
    if (usual) {
        reach->lately = with(reach->lately, x);
    }
}
