// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/recent.h"

#include <math.h>
#include <string.h>

void recent_clear(struct recent *recent)
{
    recent->rows = 0;
    recent->next = 0;
}

// The first of the sorted rows that is not below x.
static unsigned place_of(const struct recent *recent, double x)
{
    unsigned low = 0, high = recent->rows;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (recent->sorted[middle] < x) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void recent_add(struct recent *recent, double x)
{
    double *sorted = recent->sorted;
    if (recent->rows == RECENT_ROWS) {
        unsigned oldest = place_of(recent, recent->ring[recent->next]);
        recent->rows--;
        memmove(&sorted[oldest], &sorted[oldest + 1], (recent->rows - oldest) * sizeof(x));
    }
    unsigned at = place_of(recent, x);
    memmove(&sorted[at + 1], &sorted[at], (recent->rows - at) * sizeof(x));
    sorted[at] = x;
    recent->rows++;
    recent->ring[recent->next] = x;
    recent->next = (recent->next + 1) % RECENT_ROWS;
}

double recent_median(const struct recent *recent)
{
    if (recent->rows == 0) {
        return NAN;
    }
    return (recent->sorted[(recent->rows - 1) / 2] + recent->sorted[recent->rows / 2]) / 2;
}
