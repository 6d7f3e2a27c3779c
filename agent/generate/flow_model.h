// SPDX-License-Identifier: Apache-2.0
// How many packets flows have, and how large those are: mixtures fitted on real flows.
#ifndef WEIR_GENERATE_FLOW_MODEL_H
#define WEIR_GENERATE_FLOW_MODEL_H

#include <stdint.h>

#include "agent/generate/draw.h"

enum flow_model { FLOW_MODEL_TCP, FLOW_MODEL_UDP };

enum { FLOW_MODEL_LENGTH_MAX = 10000000 };

// What lengths become that the model draws: times `scale`, and not outside of least to most.
struct flow_bounds {
    double scale; // above 0
    uint32_t least;
    uint32_t most;
};

// The packets of one direction of a flow.
uint32_t flow_model_length(enum flow_model model, const struct flow_bounds *bounds,
                           struct draw *draw);

// The mean of those.
double flow_model_mean(enum flow_model model, const struct flow_bounds *bounds);

// How large the IP packets of flows with so many are in the mean: 64 to 1500 octets.
double flow_model_packet_bytes(enum flow_model model, uint32_t length);

// The same of every length, made once and read fast: exact up to 256 packets, then to a sixteenth
// of an octave.
enum { FLOW_SIZES = 256 + 16 * 16 };

struct flow_sizes {
    uint16_t bytes[2][FLOW_SIZES]; // by enum flow_model
};

void flow_sizes_init(struct flow_sizes *sizes);
uint16_t flow_sizes_get(const struct flow_sizes *sizes, enum flow_model model, uint32_t length);

// The share of flows with at most so many packets.
double flow_model_cdf(enum flow_model model, double length);

#endif
