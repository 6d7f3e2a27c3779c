// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/detect/made.h"

#include <math.h>

double made_uniform(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (double)(*state >> 11) / (double)(1ULL << 53);
}

double made_normal(uint64_t *state)
{
    double radius = sqrt(-2 * log(1 - made_uniform(state)));
    return radius * cos(2 * M_PI * made_uniform(state));
}

void made_noise(struct detect_point *points, size_t rows, double begin_s, double step_s,
                double level, double noise)
{
    uint64_t state = 88172645463325252ULL;
    for (size_t i = 0; i < rows; i++) {
        points[i].time_s = begin_s + step_s * (double)i;
        points[i].value = level + noise * made_normal(&state);
    }
}

void made_add_days(struct detect_point *points, size_t rows, double height)
{
    for (size_t i = 0; i < rows; i++) {
        double day = points[i].time_s / MADE_DAY_S;
        points[i].value += height * (1 - cos(2 * M_PI * day)) / 2;
    }
}

void made_add(struct detect_point *points, size_t first, size_t end, double by)
{
    for (size_t i = first; i < end; i++) {
        points[i].value += by;
    }
}
