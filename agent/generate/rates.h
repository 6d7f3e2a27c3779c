// SPDX-License-Identifier: Apache-2.0
// How many packets and flows a second each protocol has, and how long its flows may be for that.
#ifndef WEIR_GENERATE_RATES_H
#define WEIR_GENERATE_RATES_H

#include "agent/generate/profile.h"

struct rate {
    double packets; // a second
    double flows;
    struct flow_bounds bounds;
};

// Where the profile says how many flows there are, all lengths are cut or stretched so that they
// come out. 0, or -EINVAL with a message that says what is possible.
int rates_fill(const struct profile *profile, struct rate rates[PROTOCOL_COUNT], struct error *err);

#endif
