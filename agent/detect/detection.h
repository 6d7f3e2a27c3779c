// SPDX-License-Identifier: Apache-2.0
// All detectors on one series, and one score of what they say.
#ifndef WEIR_DETECT_DETECTION_H
#define WEIR_DETECT_DETECTION_H

#include <stdbool.h>

#include "agent/detect/detector.h"

enum { DETECTION_DETECTORS = 2 };

extern const struct detector_ops *const detection_detectors[DETECTION_DETECTORS];

struct detection_result {
    // 0 to 1, by the logarithm of how often such a row comes in this series by chance: 0.1 is one
    // row of 3, 0.5 one of 200, 1 one of 40,000 or fewer. Less where it goes on with an event that
    // was told.
    double score;
    bool flag;                           // the score is DETECTION_THRESHOLD or more
    const struct detector_ops *detector; // that found the row strangest
    struct detect_verdict verdict;       // what it said
};

#define DETECTION_THRESHOLD 0.5

struct detection;

// 0, or -ENOMEM with *detection untouched. `options` may be NULL: the standard.
int detection_create(struct detection **detection, const struct detect_options *options);

// Judges a row, which is learned afterwards. As for a detector, the result depends on this row and
// earlier ones only. One thread at a time.
void detection_feed(struct detection *detection, const struct detect_point *point,
                    struct detection_result *result);

void detection_free(struct detection *detection);

#endif
