// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/surprise.h"

#include <math.h>

// Anomalies are kept out of what is taken for usual; how often they come is learned behind the
// detectors (detection.c).
static const double RAREST = 1e-2;

void surprise_init(struct surprise *surprise, double usual, double prior_rows, double memory)
{
    scale_init(&surprise->scale, usual, prior_rows, memory);
    tail_init(&surprise->above, prior_rows, memory, RAREST);
    tail_init(&surprise->below, prior_rows, memory, RAREST);
}

double surprise_feed(struct surprise *surprise, double x)
{
    double size = x / fmax(surprise->scale.mean, 1e-3);
    double above = fmax(size, 0);
    double below = fmax(-size, 0);
    double probability = size > 0 ? tail_probability(&surprise->above, above)
                                  : tail_probability(&surprise->below, below);
    tail_learn(&surprise->above, above);
    tail_learn(&surprise->below, below);
    scale_learn(&surprise->scale, x);
    return fmin(2 * probability, 1);
}
