// SPDX-License-Identifier: Apache-2.0
// The four addresses with most, of all that come in one pane: Space-Saving (Metwally, Agrawal, El
// Abbadi 2005) with so few counters that they are just looked through. Any one thread.
#ifndef WEIR_DETECT_FEW_H
#define WEIR_DETECT_FEW_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/detect/anomaly.h"

enum { FEW = 4 };

struct few {
    float value[FEW];
    uint8_t address[FEW][16];
};

void few_clear(struct few *few); // its addresses may hold anything then

void few_add(struct few *few, const uint8_t address[16], double value);

// How much of `all` the first one has at least: 0 to 1.
double few_share(const struct few *few, double all);

// The first one's address, or NULL.
const uint8_t *few_first(const struct few *few);

// Adds them to a finding, those with a tenth of the largest at least.
void few_tell(const struct few *few, bool ipv6, struct finding *finding);

#endif
