// SPDX-License-Identifier: Apache-2.0
// A running mean of sizes that single outliers do not move far, and the median. Any one thread.
#ifndef WEIR_DETECT_SCALE_H
#define WEIR_DETECT_SCALE_H

#include <stddef.h>

struct scale {
    double mean;   // 0 until something else than 0 was learned
    double rows;   // how many rows stand behind it, at most `memory`
    double memory; // of how many of the last rows it tells
};

// `rows` rows of the size `mean` are taken for granted; they may be 0.
void scale_init(struct scale *scale, double mean, double rows, double memory);

// Learns the size of x. What is far above the mean counts as no more than a few times the mean.
void scale_learn(struct scale *scale, double x);

// The median of `count` (above 0) numbers, which are put into another order.
double median_of(double *numbers, size_t count);

#endif
