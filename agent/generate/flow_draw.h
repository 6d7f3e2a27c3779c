// SPDX-License-Identifier: Apache-2.0
// A new flow: between which hosts, how long, how far apart.
#ifndef WEIR_GENERATE_FLOW_DRAW_H
#define WEIR_GENERATE_FLOW_DRAW_H

#include "agent/generate/dialogue.h"
#include "agent/generate/profile.h"

// All of *flow that dialogue_begin does not set. `bounds` are those of the protocol's lengths; a
// call has neither those nor sizes.
void flow_draw(struct flow *flow, enum protocol_id id, const struct profile *profile,
               const struct flow_bounds *bounds, const struct flow_sizes *sizes, struct draw *draw);

#endif
