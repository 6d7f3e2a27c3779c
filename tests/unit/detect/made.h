// SPDX-License-Identifier: Apache-2.0
// Series made for the tests, the same in every run.
#ifndef WEIR_TESTS_DETECT_MADE_H
#define WEIR_TESTS_DETECT_MADE_H

#include <stddef.h>
#include <stdint.h>

#include "agent/detect/detector.h"

enum { MADE_DAY_S = 86400 };

// The next number of a generator (state not 0): uniform in [0, 1), or normal with mean 0 and
// deviation 1.
double made_uniform(uint64_t *state);
double made_normal(uint64_t *state);

// `rows` rows from `begin_s` on, `step_s` apart: `level` and normal noise.
void made_noise(struct detect_point *points, size_t rows, double begin_s, double step_s,
                double level, double noise);

// Adds to each row what its time of the day makes of `height`: nothing at midnight, all at noon.
void made_add_days(struct detect_point *points, size_t rows, double height);

// Adds `by` to the rows from `first` to before `end`.
void made_add(struct detect_point *points, size_t first, size_t end, double by);

#endif
