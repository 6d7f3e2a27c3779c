// SPDX-License-Identifier: Apache-2.0
// How rare a signed quantity is, in each direction by itself: traffic that is often far above its
// usual level must not hide that it is never far below. Any one thread.
#ifndef WEIR_DETECT_SURPRISE_H
#define WEIR_DETECT_SURPRISE_H

#include "agent/detect/scale.h"
#include "agent/detect/tail.h"

struct surprise {
    struct scale scale; // of the quantity
    struct tail above;
    struct tail below;
};

// `usual`: the quantity's mean size as far as it can be told beforehand.
void surprise_init(struct surprise *surprise, double usual, double prior_rows, double memory);

// The probability, in (0, 1], that a row is as far out as x or farther, in either direction; x is
// learned afterwards.
double surprise_feed(struct surprise *surprise, double x);

#endif
