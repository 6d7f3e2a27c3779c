// SPDX-License-Identifier: Apache-2.0
// Sudden spikes and drops. A row is judged twice: by how far it is from what was expected of it
// (baseline.h: the last rows, the same time of other days and weeks), and by how far it is out of
// all that the series has shown, whatever was expected. Of both, the series' own history says how
// rare that is (tail.h). The error of a prediction as the raw score, made comparable by its own
// distribution, is the idea of Ahmad, Lavin, Purdy and Agha, "Unsupervised real-time anomaly
// detection for streaming data", Neurocomputing 262, 2017; the tail of Siffer et al. takes the
// place of the normal distribution there.
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/detect/baseline.h"
#include "agent/detect/detector.h"
#include "agent/detect/surprise.h"

enum { ROWS_MIN = 10 };

static const double PRIOR_ROWS = 20;
static const double LEVEL_ROWS = 2000; // memory of the whole series' level and reach
// With few rows behind it the spread may be small by chance: distances are taken for smaller then.
static const double CAUTION_ROWS = 10;

struct volume {
    struct baseline baseline;
    struct surprise error;
    double level; // of the whole series
    struct scale reach;
    struct surprise extreme;
    double rows;
    struct detect_verdict verdict;
};

static int volume_create(void **detector, const struct detect_options *options)
{
    struct volume *volume = malloc(sizeof(*volume));
    if (volume == NULL) {
        return -ENOMEM;
    }
    baseline_init(&volume->baseline);
    surprise_init(&volume->error, 1, PRIOR_ROWS, options->memory_rows);
    surprise_init(&volume->extreme, 1, PRIOR_ROWS, options->memory_rows);
    scale_init(&volume->reach, 0, 0, LEVEL_ROWS);
    volume->level = 0;
    volume->rows = 0;
    volume->verdict =
        (struct detect_verdict){.state = DETECT_LEARNING, .probability = 1, .expected = NAN};
    *detector = volume;
    return 0;
}

static double error_judge(struct volume *volume, double value, double caution)
{
    const struct baseline *baseline = &volume->baseline;
    if (isnan(baseline->expected)) {
        return 1;
    }
    double distance = baseline_error(baseline, value) / baseline->spread;
    return surprise_feed(&volume->error, distance * caution);
}

static double extreme_judge(struct volume *volume, double value, double caution)
{
    double probability = 1;
    double reach = fmax(volume->reach.mean, volume->baseline.spread);
    if (volume->rows > 0) {
        probability = surprise_feed(&volume->extreme, (value - volume->level) / reach * caution);
        scale_learn(&volume->reach, value - volume->level);
    }
    double step = value - volume->level;
    double most = 5 * reach;
    if (volume->rows > CAUTION_ROWS && fabs(step) > most) {
        step = copysign(most, step);
    }
    volume->level += step / fmin(volume->rows + 1, LEVEL_ROWS);
    return probability;
}

static void volume_feed(void *detector, const struct detect_point *point)
{
    struct volume *volume = detector;
    double caution = volume->rows / (volume->rows + CAUTION_ROWS);
    baseline_expect(&volume->baseline, point->time_s);
    volume->verdict = (struct detect_verdict){
        .state = volume->rows < ROWS_MIN ? DETECT_LEARNING : DETECT_WATCHING,
        .probability = 1,
        .expected = volume->baseline.expected,
        .spread = volume->baseline.spread,
    };
    if (isnan(point->value)) {
        return;
    }
    double error = error_judge(volume, point->value, caution);
    double extreme = extreme_judge(volume, point->value, caution);
    baseline_learn(&volume->baseline, point->time_s, point->value);
    volume->rows++;
    if (volume->verdict.state == DETECT_WATCHING) {
        volume->verdict.probability = fmin(error, extreme);
    }
}

static void volume_tell(const void *detector, struct detect_verdict *verdict)
{
    *verdict = ((const struct volume *)detector)->verdict;
}

const struct detector_ops detector_volume = {
    .name = "volume",
    .create = volume_create,
    .feed = volume_feed,
    .tell = volume_tell,
    .free = free,
};
