// SPDX-License-Identifier: Apache-2.0
// One interface that AF_XDP captures from. For af_xdp*.c only.
#ifndef WEIR_CAPTURE_AF_XDP_PORT_H
#define WEIR_CAPTURE_AF_XDP_PORT_H

#include "dataplane/capture/af_xdp.h"

struct af_xdp_port {
    struct interface interface; // for the agent's thread
    struct interface_link link; // as it was seen last
    struct xdp_steer steer;
    bool gone;         // or its program is: nothing comes any more
    bool asked;        // the keeper, whether the program is still there
    uint32_t asked_id; // which runs now
    uint32_t main_id;  // of the program that the kernel runs with ours, the dispatcher or ours
    int queue_claims[LIVE_QUEUES_MAX];
    int program_claim;    // -1: none
    int promiscuous;      // a packet socket that keeps the interface so; -1: none
    unsigned queue_total; // that the interface has
    unsigned queues[LIVE_QUEUES_MAX];
    unsigned queue_count; // that are captured
};

// Finds the interface and its queues, makes it promiscuous where that is wanted. Returns 0, or a
// negative errno with a message and nothing left open.
int af_xdp_port_open(struct af_xdp_port *port, const char *name, const struct live_options *options,
                     struct error *err);
void af_xdp_port_close(struct af_xdp_port *port);

// Claims its queues, cleans up behind sensors that were killed, attaches and claims the program.
// Returns 0, or a negative errno with a message.
int af_xdp_port_attach(struct af_xdp_port *port, const struct live_options *options, uint32_t seed,
                       struct live *live, struct error *err);

// Tells what changes packets before XDP sees them.
void af_xdp_port_tell(const struct af_xdp_port *port, struct live *live);

#endif
