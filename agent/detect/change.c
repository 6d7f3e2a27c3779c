// SPDX-License-Identifier: Apache-2.0
// Lasting shifts of level or of variance. The last rows are held against those before them, in
// windows of two lengths: a generalized likelihood ratio test with the time of the change fixed
// (Basseville and Nikiforov, "Detection of Abrupt Changes", 1993, ch. 2), on medians
// instead of means and variances, so that half of a window must have moved: a spike is no
// change. Because both windows move on, a new level is the usual one as soon as it fills them.
//
// The ratio's distribution under the null hypothesis holds for independent rows only, which no
// traffic has. So it is not looked up but learned from the series (tail.h). A rhythm of days or
// weeks, where one explains the series, is taken away first.
//
// Bayesian online change point detection (Adams and MacKay 2007) was not taken: its run lengths
// want a model of the rows within a run, and autocorrelation and rhythms break the ones that are
// simple.
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "agent/detect/detector.h"
#include "agent/detect/rhythm.h"
#include "agent/detect/surprise.h"

enum {
    SHORT_ROWS = 10,
    LONG_ROWS = 40,
    BEFORE_TIMES = 4, // the rows before are this many times as many
    RING_ROWS = LONG_ROWS * (BEFORE_TIMES + 1),
    WINDOWS = 2,
    ROWS_MIN = 30,
    EXPLANATIONS = 3,
};

static const int windows[WINDOWS] = {SHORT_ROWS, LONG_ROWS};
static const double PRIOR_ROWS_EACH = 3; // for each row of a window: neighbours tell the same
// What is assumed until the series has shown it: of independent rows the shift would be about 1.
static const double USUAL_SHIFT = 5;
static const double USUAL_RATIO = 0.3;
static const double LEVEL_ROWS = 200;
static const double NOISE_ROWS = 1000;
static const double RESOLUTION = 1e-3;
static const double SMALLEST = 1e-12;
static const double EXPLAINED = 0.7; // of the mean distance is left where a rhythm is taken away

// What is taken away from the rows before they are compared.
enum explanation { NOTHING, DAY, WEEK };

struct row {
    double value;
    double usual[EXPLANATIONS]; // NAN: not known then
};

struct change {
    struct rhythm rhythms[EXPLANATIONS]; // NOTHING: unused
    struct scale left[EXPLANATIONS];     // distance that is left then
    double level;                        // of the whole series
    double rows;
    struct row ring[RING_ROWS];
    unsigned count; // rows put into the ring, without end
    struct scale noise;
    struct surprise shifts[WINDOWS];
    struct surprise variance;
    struct detect_verdict verdict;
};

// A stretch of the series.
struct stretch {
    double median;
    double distance; // median, from the median
    int rows;
};

static int change_create(void **detector, const struct detect_options *options)
{
    struct change *change = calloc(1, sizeof(*change));
    if (change == NULL) {
        return -ENOMEM;
    }
    rhythm_init(&change->rhythms[DAY], RHYTHM_DAY_S, RHYTHM_DAY_BUCKETS);
    rhythm_init(&change->rhythms[WEEK], RHYTHM_WEEK_S, RHYTHM_WEEK_BUCKETS);
    for (int i = 0; i < EXPLANATIONS; i++) {
        scale_init(&change->left[i], 0, 0, NOISE_ROWS);
    }
    scale_init(&change->noise, 0, 0, NOISE_ROWS);
    for (int i = 0; i < WINDOWS; i++) {
        surprise_init(&change->shifts[i], USUAL_SHIFT, PRIOR_ROWS_EACH * windows[i],
                      options->memory_rows);
    }
    surprise_init(&change->variance, USUAL_RATIO, PRIOR_ROWS_EACH * LONG_ROWS,
                  options->memory_rows);
    change->verdict =
        (struct detect_verdict){.state = DETECT_LEARNING, .probability = 1, .expected = NAN};
    *detector = change;
    return 0;
}

static enum explanation explanation_choose(const struct change *change)
{
    enum explanation best = NOTHING;
    double least = EXPLAINED * change->left[NOTHING].mean;
    for (int i = DAY; i <= WEEK; i++) {
        bool known = change->left[i].rows >= RING_ROWS;
        if (known && change->left[i].mean < least) {
            best = (enum explanation)i;
            least = change->left[i].mean;
        }
    }
    return best;
}

static void row_add(struct change *change, const struct detect_point *point)
{
    struct row *row = &change->ring[change->count++ % RING_ROWS];
    row->value = point->value;
    row->usual[NOTHING] = 0;
    if (change->rows > 0) {
        scale_learn(&change->left[NOTHING], point->value - change->level);
    }
    for (int i = DAY; i <= WEEK; i++) {
        row->usual[i] = rhythm_expect(&change->rhythms[i], point->time_s);
        if (!isnan(row->usual[i])) {
            scale_learn(&change->left[i], point->value - row->usual[i]);
        }
        rhythm_learn(&change->rhythms[i], point->time_s, point->value);
    }
    change->rows = fmin(change->rows + 1, LEVEL_ROWS);
    change->level += (point->value - change->level) / change->rows;
}

// The rows from `first` (0: the last one) on backwards, at most `count`.
static struct stretch stretch_of(const struct change *change, enum explanation without,
                                 unsigned first, unsigned count)
{
    double numbers[RING_ROWS];
    struct stretch stretch = {0};
    for (unsigned i = first; i < first + count && i < change->count && i < RING_ROWS; i++) {
        const struct row *row = &change->ring[(change->count - 1 - i) % RING_ROWS];
        if (!isnan(row->usual[without])) {
            numbers[stretch.rows++] = row->value - row->usual[without];
        }
    }
    if (stretch.rows > 0) {
        stretch.median = median_of(numbers, (size_t)stretch.rows);
        for (int i = 0; i < stretch.rows; i++) {
            numbers[i] = fabs(numbers[i] - stretch.median);
        }
        stretch.distance = median_of(numbers, (size_t)stretch.rows);
    }
    return stretch;
}

static double floor_of(const struct change *change)
{
    return fmax(RESOLUTION * fabs(change->level), SMALLEST);
}

// The probabilities of the tests of one window; 1 where there are too few rows.
static double window_judge(struct change *change, int window, enum explanation without)
{
    unsigned rows = (unsigned)windows[window];
    struct stretch last = stretch_of(change, without, 0, rows);
    struct stretch before = stretch_of(change, without, rows, BEFORE_TIMES * rows);
    if (last.rows < (int)rows || before.rows < 2 * (int)rows) {
        return 1;
    }
    bool is_long = window == WINDOWS - 1;
    if (!is_long) {
        scale_learn(&change->noise, before.distance);
        change->verdict.expected = before.median;
        change->verdict.spread = before.distance;
    }
    double noise = fmax((before.distance + change->noise.mean) / 2, floor_of(change));
    double shift = (last.median - before.median) / noise * sqrt(rows);
    double probability = surprise_feed(&change->shifts[window], shift);
    if (is_long) {
        double least = floor_of(change) + 0.1 * change->noise.mean;
        double ratio = log((last.distance + least) / (before.distance + least));
        probability = fmin(probability, surprise_feed(&change->variance, ratio));
    }
    return probability;
}

static void change_feed(void *detector, const struct detect_point *point)
{
    struct change *change = detector;
    change->verdict.probability = 1;
    change->verdict.expected = NAN;
    change->verdict.spread = 0;
    if (isnan(point->value)) {
        return;
    }
    row_add(change, point);
    enum explanation without = explanation_choose(change);
    double probability = 1;
    for (int i = 0; i < WINDOWS; i++) {
        probability = fmin(probability, window_judge(change, i, without));
    }
    const struct row *row = &change->ring[(change->count - 1) % RING_ROWS];
    change->verdict.expected += row->usual[without];
    if (change->rows >= ROWS_MIN) {
        change->verdict.state = DETECT_WATCHING;
        change->verdict.probability = probability;
    }
}

static void change_tell(const void *detector, struct detect_verdict *verdict)
{
    *verdict = ((const struct change *)detector)->verdict;
}

const struct detector_ops detector_change = {
    .name = "change",
    .create = change_create,
    .feed = change_feed,
    .tell = change_tell,
    .free = free,
};
