// SPDX-License-Identifier: Apache-2.0
// Two things must both hold. The distance from what was expected is improbable, by the distances
// that the series has shown: peaks over threshold (Siffer et al., tail.h), which in octaves is a
// Pareto tail of the quantity itself, the heavy kind that traffic has. And the row is out of the
// reach of all that was seen lately, or at this time of other days: what goes from quiet to busy as
// it always did is no news, however far the step.
//
// What is beyond the limit is learned as if it were merely rare, and adds nothing to the reach, so
// that an anomaly does not hide the next one; but by the rhythm of days it is learned as it is.
#include "agent/detect/norm.h"

#include <math.h>

enum { BISECTIONS = 40 };

static const double MEMORY_ROWS = 86400;
static const double LATELY_ROWS = 900;
static const double CALMEST = 0.3;       // of the whole series' scale: so calm the last rows may be
static const double PRIOR_ROWS = 20;     // that the assumption weighs: Laplace's distribution
static const double RAREST = 1e-4;       // of what the tails learn
static const double BESIDE_LATELY = 0.5; // octaves out of reach
static const double BESIDE_DAILY = 1.5;
static const double SCALE_MIN = 0.02; // octaves: below it all distances are alike

void norm_init(struct norm *norm, const struct norm_options *options)
{
    norm->options = *options;
    norm->rows = 0;
    norm->next = norm->waiting_rows = 0;
    scale_init(&norm->scale, 0, 0, MEMORY_ROWS);
    scale_init(&norm->lately, 0, 0, LATELY_ROWS);
    tail_init(&norm->above, PRIOR_ROWS, MEMORY_ROWS, RAREST);
    tail_init(&norm->below, PRIOR_ROWS, MEMORY_ROWS, RAREST);
    norm->above.shape_max = norm->below.shape_max = 0; // in octaves that is heavy enough
    reach_init(&norm->reach);
}

// A row as it is judged.
struct row {
    double x;
    double expected;
    double distance; // from there
    double scale;
    bool above;
    double limit; // the nearest at which it could be told
};

// The distance, in units of the scale and at most `most`, that has the probability wanted.
static double size_of(const struct tail *tail, double probability, double most)
{
    double low = 0;
    for (int i = 0; i < BISECTIONS; i++) {
        double middle = (low + most) / 2;
        if (tail_probability(tail, middle) < probability) {
            most = middle;
        } else {
            low = middle;
        }
    }
    return most;
}

static struct row row_of(const struct norm *norm, double time_s, double expected, double x)
{
    struct reach_span lately = reach_lately(&norm->reach);
    struct reach_span daily = reach_daily(&norm->reach, time_s);
    double least = norm->options.distance_min;
    struct row row = {
        .x = x,
        .expected = expected,
        .distance = fabs(x - expected),
        .scale = fmax(fmax(norm->lately.mean, CALMEST * norm->scale.mean), SCALE_MIN),
        .above = x > expected,
    };
    double high = lately.high + BESIDE_LATELY, low = lately.low - BESIDE_LATELY;
    if (reach_is_known(daily)) {
        high = fmin(high, daily.high + BESIDE_DAILY);
        low = fmax(low, daily.low - BESIDE_DAILY);
    }
    row.limit = row.above ? fmax(expected + least, high) : fmin(expected - least, low);
    return row;
}

static struct norm_verdict verdict_of(const struct norm *norm, const struct row *row)
{
    struct norm_verdict verdict = {.above = row->above, .chance = 1};
    if (norm->rows < norm->options.rows_min ||
        (row->above ? row->x <= row->limit : row->x >= row->limit)) {
        return verdict;
    }
    const struct tail *tail = row->above ? &norm->above : &norm->below;
    double size = row->distance / row->scale;
    double probability = norm->options.probability;
    verdict.chance = tail_probability(tail, size);
    if (verdict.chance >= probability) {
        return verdict;
    }
    // As far from the row as the distance is over the one of that probability.
    double over = (size - size_of(tail, probability, size)) * row->scale;
    verdict.limit = row->above ? fmax(row->limit, row->x - over) : fmin(row->limit, row->x + over);
    verdict.beyond = true;
    return verdict;
}

struct norm_verdict norm_look(const struct norm *norm, double time_s, double expected, double x)
{
    struct row row = row_of(norm, time_s, expected, x);
    return verdict_of(norm, &row);
}

static void learn(struct norm *norm, const struct norm_row *waiting)
{
    double distance = fabs(waiting->x - waiting->expected);
    scale_learn(&norm->scale, distance); // first: no scale yet would make the first row a leap
    scale_learn(&norm->lately, distance);
    struct row row = row_of(norm, waiting->time_s, waiting->expected, waiting->x);
    double size = row.distance / row.scale;
    tail_learn(&norm->above, row.above ? size : 0);
    tail_learn(&norm->below, row.above ? 0 : size);
    reach_learn(&norm->reach, waiting->time_s, waiting->x, waiting->usual);
    norm->rows++;
}

void norm_learn(struct norm *norm, double time_s, double expected, double x, bool usual)
{
    struct norm_row row = {time_s, expected, x, usual};
    unsigned most = norm->options.waiting;
    for (unsigned i = 0; i < norm->waiting_rows && !usual; i++) {
        norm->waiting[i].usual = false;
    }
    if (most == 0) {
        learn(norm, &row);
        return;
    }
    if (norm->waiting_rows == most) {
        learn(norm, &norm->waiting[norm->next]);
    } else {
        norm->waiting_rows++;
    }
    norm->waiting[norm->next] = row;
    norm->next = (norm->next + 1) % most;
}

struct norm_verdict norm_judge(struct norm *norm, double time_s, double expected, double x)
{
    struct norm_verdict verdict = norm_look(norm, time_s, expected, x);
    norm_learn(norm, time_s, expected, x, !verdict.beyond);
    return verdict;
}
