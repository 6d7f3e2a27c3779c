// SPDX-License-Identifier: Apache-2.0
// Several simple experts predict, and the weighted mean of what they say is taken (forecast
// combination by inverse error, after Bates and Granger, "The Combination of Forecasts", 1969):
// which of them is good differs between series and changes while a series goes on, such as when the
// second day begins. All of them are medians, so that a spike does not move what is expected after
// it.
#include "agent/detect/baseline.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    LAST_ROWS = 3,
    STEPS_MIN = 5,    // before a gap is told from a step
    PROVEN_ROWS = 10, // before a rhythm is heard
};

static const double GAP_STEPS = 10;
static const double ERROR_ROWS = 200; // memory of the experts' errors
static const double LATELY_ROWS = 100;
static const double LONG_ROWS = 500;
static const double SHARPNESS = 4;     // power of the inverse error: the best expert counts most
static const double RESOLUTION = 1e-3; // of a level: smaller errors are taken for this
static const double DISTANCE_MAX = 10; // of a rhythm, in errors of the last rows
static const double SMALLEST = 1e-12;

void baseline_init(struct baseline *baseline)
{
    memset(baseline, 0, sizeof(*baseline));
    baseline->expected = NAN;
    baseline->time_s = NAN;
    rhythm_init(&baseline->rhythms[0], RHYTHM_DAY_S, RHYTHM_DAY_BUCKETS);
    rhythm_init(&baseline->rhythms[1], RHYTHM_WEEK_S, RHYTHM_WEEK_BUCKETS);
    for (int i = 0; i < BASELINE_EXPERTS; i++) {
        scale_init(&baseline->errors[i], 0, 0, ERROR_ROWS);
    }
    for (int i = 0; i < 2; i++) {
        scale_init(&baseline->distances[i], 0, 0, ERROR_ROWS);
    }
    scale_init(&baseline->error_lately, 0, 0, LATELY_ROWS);
    scale_init(&baseline->error, 0, 0, LONG_ROWS);
}

// The median of the last `count` numbers of a ring, without those that are not known.
static double ring_median(const double *ring, unsigned rows, unsigned count)
{
    double known[BASELINE_RECENT];
    unsigned used = 0;
    for (unsigned i = 0; i < count && i < rows; i++) {
        double number = ring[(rows - 1 - i) % BASELINE_RECENT];
        if (!isnan(number)) {
            known[used++] = number;
        }
    }
    return used > 0 ? median_of(known, used) : NAN;
}

static void time_pass(struct baseline *baseline, double time_s)
{
    double step = time_s - baseline->time_s;
    if (isnan(time_s)) {
        return;
    }
    baseline->time_s = time_s;
    if (!(step > 0)) { // also the first row, and times that go backwards
        return;
    }
    if (baseline->steps >= STEPS_MIN && step > GAP_STEPS * baseline->step_s) {
        baseline->rows = 0;
        return;
    }
    // Settles at the median of the steps.
    double follow = step > baseline->step_s ? 1.05 : 1 / 1.05;
    baseline->step_s = baseline->steps == 0 ? step : baseline->step_s * follow;
    baseline->steps += baseline->steps < STEPS_MIN;
}

// A rhythm is heard once it has been tried, and as long as it is about right by itself: on a trend,
// yesterday says nothing of today, however well the difference is made up for.
static bool is_heard(const struct baseline *baseline, int expert)
{
    bool heard = !isnan(baseline->predictions[expert]);
    if (expert >= BASELINE_DAY) {
        heard &= baseline->errors[expert].rows >= PROVEN_ROWS;
        heard &= baseline->distances[expert - BASELINE_DAY].mean <=
                 DISTANCE_MAX * baseline->errors[BASELINE_LAST].mean;
    }
    return heard;
}

void baseline_expect(struct baseline *baseline, double time_s)
{
    time_pass(baseline, time_s);
    double *predictions = baseline->predictions;
    predictions[BASELINE_LAST] = ring_median(baseline->values, baseline->rows, LAST_ROWS);
    predictions[BASELINE_RECENTLY] = ring_median(baseline->values, baseline->rows, BASELINE_RECENT);
    for (int i = 0; i < 2; i++) {
        double offset = ring_median(baseline->offsets[i], baseline->rows, BASELINE_RECENT);
        predictions[BASELINE_DAY + i] =
            rhythm_expect(&baseline->rhythms[i], time_s) + (isnan(offset) ? 0 : offset);
    }
    double resolution = RESOLUTION * fabs(predictions[BASELINE_RECENTLY]);
    resolution = fmax(isnan(resolution) ? 0 : resolution, SMALLEST);
    double sum = 0, weights = 0;
    for (int i = 0; i < BASELINE_EXPERTS; i++) {
        if (is_heard(baseline, i)) {
            double weight = pow(baseline->errors[i].mean / resolution + 1, -SHARPNESS);
            sum += weight * predictions[i];
            weights += weight;
        }
    }
    baseline->expected = weights > 0 ? sum / weights : NAN;
    baseline->spread = fmax((baseline->error_lately.mean + baseline->error.mean) / 2, resolution);
}

// Where a day begins or breaks off at its hour, the mean of experts is wrong by half: the last rows
// say one thing, yesterday says the other. What yesterday foresaw is no surprise.
double baseline_error(const struct baseline *baseline, double value)
{
    double error = value - baseline->expected;
    for (int i = BASELINE_DAY; i < BASELINE_EXPERTS; i++) {
        if (is_heard(baseline, i) && fabs(value - baseline->predictions[i]) < fabs(error)) {
            error = value - baseline->predictions[i];
        }
    }
    return error;
}

void baseline_learn(struct baseline *baseline, double time_s, double value)
{
    for (int i = 0; i < BASELINE_EXPERTS; i++) {
        if (!isnan(baseline->predictions[i])) {
            scale_learn(&baseline->errors[i], value - baseline->predictions[i]);
        }
    }
    if (!isnan(baseline->expected)) {
        double error = baseline_error(baseline, value);
        scale_learn(&baseline->error_lately, error);
        scale_learn(&baseline->error, error);
    }
    unsigned at = baseline->rows++ % BASELINE_RECENT;
    baseline->values[at] = value;
    for (int i = 0; i < 2; i++) {
        double offset = value - rhythm_expect(&baseline->rhythms[i], time_s);
        baseline->offsets[i][at] = offset;
        if (!isnan(offset)) {
            scale_learn(&baseline->distances[i], offset);
        }
        rhythm_learn(&baseline->rhythms[i], time_s, value);
    }
}
