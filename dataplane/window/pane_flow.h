// SPDX-License-Identifier: Apache-2.0
// What one flow did in one pane, as its worker hands it over: what queries and detectors are fed
// with. A flow can be told more than once in a pane; what it did adds up.
#ifndef WEIR_WINDOW_PANE_FLOW_H
#define WEIR_WINDOW_PANE_FLOW_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "dataplane/flow/flow_entry.h"

enum pane_flow_flag {
    PANE_FLOW_STARTED = 1 << 0, // its first packet is among these
    PANE_FLOW_RARE = 1 << 1,    // `rare` holds
    PANE_FLOW_MAC = 1 << 2,     // `mac` holds
};

struct pane_flow {
    struct flow_key key;
    int64_t pane_us; // start of the pane
    uint64_t bytes;  // bytes, wire_bytes, packets: in the pane, both directions together
    uint64_t wire_bytes;
    uint64_t total_bytes[2]; // [d]: sent by endpoint d since the flow's start
    uint32_t total_packets[2];
    uint32_t packets;
    uint16_t application; // application.h
    uint8_t flags;        // enum pane_flow_flag
    uint8_t state;        // enum flow_state, at this moment
    uint8_t tcp_flags[2]; // of all segments since the flow's start
    uint8_t ttl[2];       // of the direction's first packet
    uint8_t tos[2];
    uint8_t mac[2][6];
    uint8_t signature[2]; // enum signature, of what that endpoint sent
    struct flow_rare rare;
};
static_assert(sizeof(struct pane_flow) == 208,
              "a slot of each worker's ring, for each active flow");

static inline unsigned pane_flow_source(const struct pane_flow *flow)
{
    return (flow->state & FLOW_SOURCE) != 0;
}

static inline uint8_t pane_flow_protocol(const struct pane_flow *flow)
{
    return (uint8_t)flow->key.vni_protocol;
}

// False also for fragments of TCP, UDP and their like whose first one never came: both ports are 0.
static inline bool pane_flow_has_ports(const struct pane_flow *flow)
{
    return flow->key.port[0] != 0 || flow->key.port[1] != 0;
}

#endif
