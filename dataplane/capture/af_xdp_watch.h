// SPDX-License-Identifier: Apache-2.0
// Looks after an interface while it is captured from. For af_xdp*.c only.
#ifndef WEIR_CAPTURE_AF_XDP_WATCH_H
#define WEIR_CAPTURE_AF_XDP_WATCH_H

#include "dataplane/capture/af_xdp_port.h"
#include "dataplane/capture/xdp_keeper.h"

// From the agent's thread; never blocks, needs no right. Tells when the link goes down and comes
// up. Where the interface is gone, or the program on it, its queues of the live capture end with a
// loss.
void af_xdp_port_watch(struct af_xdp_port *port, struct live *live,
                       const struct xdp_keeper *keeper);

// The keeper's answer about this port.
void af_xdp_port_answered(struct af_xdp_port *port, struct live *live,
                          const struct xdp_keeper_answer *answer);

// None will come any more: the port looks again by itself.
void af_xdp_port_unanswered(struct af_xdp_port *port);

#endif
