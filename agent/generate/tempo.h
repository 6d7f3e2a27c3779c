// SPDX-License-Identifier: Apache-2.0
// How the rate of traffic changes: with the time of day, and by the anomalies that are of its rate.
#ifndef WEIR_GENERATE_TEMPO_H
#define WEIR_GENERATE_TEMPO_H

#include "agent/generate/profile.h"

// How much of its usual traffic a protocol has at that time, since the epoch.
double tempo_factor(const struct profile *profile, enum protocol_id id, int64_t at_us);

// Whether nothing of what is sent at that time is seen.
bool tempo_is_silent(const struct profile *profile, int64_t at_us);

#endif
