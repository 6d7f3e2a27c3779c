// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/detection.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/detect/tail.h"

const struct detector_ops *const detection_detectors[DETECTION_DETECTORS] = {
    &detector_volume,
    &detector_change,
};

// How rare a detector takes a row to be rests on what it assumes of the series, and several tests
// are made of each row. So the series' own history is asked how often a detector found so much
// strange: that makes one threshold serve all series. And since a short history cannot tell, the
// detector's own probability must be lower by a margin.
static const double MARGIN = 30;
static const double RAREST = 1e-3; // of what the history learns
static const double PRIOR_ROWS = 50;
static const double SIDES = 2; // the tail's assumption is of one of two directions

static const double DECADES = 4.6; // of probability, on the scale of the score: 1 is one of 40,000

// An event is told once: for so many rows only what is stranger comes through, and the rest is
// damped so far that it passes no threshold that matters.
static const double HOLD_ROWS = 100;
static const double DAMPED = 0.4;

struct detection {
    void *detectors[DETECTION_DETECTORS];
    struct tail history; // of how strange rows were to the detector that found them strangest
    double told;         // highest score of the event
    double since_rows;   // it was told
};

int detection_create(struct detection **detection, const struct detect_options *options)
{
    static const struct detect_options standard = {.memory_rows = DETECT_MEMORY_ROWS};
    const struct detect_options *used = options != NULL ? options : &standard;
    struct detection *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return -ENOMEM;
    }
    tail_init(&made->history, PRIOR_ROWS, used->memory_rows, RAREST);
    for (int i = 0; i < DETECTION_DETECTORS; i++) {
        int status = detection_detectors[i]->create(&made->detectors[i], used);
        if (status < 0) {
            detection_free(made);
            return status;
        }
    }
    *detection = made;
    return 0;
}

// The probability of such a row in this series; the row is learned.
static double probability_of(struct detection *detection, double told)
{
    double strange = -log(told);
    double seen = SIDES * tail_probability(&detection->history, strange);
    tail_learn(&detection->history, strange);
    return fmax(seen, MARGIN * told);
}

// May be above 1, to tell what is stranger among what is.
static double score_of(double probability)
{
    return fmax(-log10(probability) / DECADES, 0);
}

static double damped(struct detection *detection, double score)
{
    detection->since_rows++;
    if (score > detection->told || detection->since_rows > HOLD_ROWS) {
        detection->told = score;
        detection->since_rows = 0;
        return fmin(score, 1);
    }
    return fmin(score, 1) * DAMPED;
}

void detection_feed(struct detection *detection, const struct detect_point *point,
                    struct detection_result *result)
{
    *result = (struct detection_result){0};
    for (int i = 0; i < DETECTION_DETECTORS; i++) {
        const struct detector_ops *ops = detection_detectors[i];
        struct detect_verdict verdict;
        ops->feed(detection->detectors[i], point);
        ops->tell(detection->detectors[i], &verdict);
        if (i == 0 || verdict.probability < result->verdict.probability) {
            result->detector = ops;
            result->verdict = verdict;
        }
    }
    double probability = 1;
    if (!isnan(point->value)) {
        probability = probability_of(detection, result->verdict.probability);
    }
    result->score = damped(detection, score_of(probability));
    result->flag = result->score >= DETECTION_THRESHOLD;
}

void detection_free(struct detection *detection)
{
    for (int i = 0; detection != NULL && i < DETECTION_DETECTORS; i++) {
        detection_detectors[i]->free(detection->detectors[i]);
    }
    free(detection);
}
