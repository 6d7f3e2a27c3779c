// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/scale.h"

#include <math.h>
#include <stdlib.h>

// An outlier counts as this many times the mean (after Huber): it cannot hide the next one, and
// what stays large is nevertheless learned, by a factor of e in about memory / 4 rows.
static const double LARGEST = 5;

void scale_init(struct scale *scale, double mean, double rows, double memory)
{
    *scale = (struct scale){.mean = mean, .rows = rows, .memory = memory};
}

void scale_learn(struct scale *scale, double x)
{
    double size = fabs(x);
    if (scale->mean > 0) {
        size = fmin(size, LARGEST * scale->mean);
    }
    scale->rows = fmin(scale->rows + 1, scale->memory);
    scale->mean += (size - scale->mean) / scale->rows;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

double median_of(double *numbers, size_t count)
{
    qsort(numbers, count, sizeof(numbers[0]), compare);
    return (numbers[(count - 1) / 2] + numbers[count / 2]) / 2;
}
