// SPDX-License-Identifier: Apache-2.0
// The ways to send on an interface, for interface.c, which chooses.
#ifndef WEIR_GENERATE_INTERFACE_H
#define WEIR_GENERATE_INTERFACE_H

#include "agent/generate/egress.h"

enum { INTERFACE_NAME_BYTES = 16 }; // the kernel's IFNAMSIZ

// By an AF_XDP socket. False: it cannot be had here (an old kernel, a right that is lacking,
// another such socket on the interface), and there is the other way.
bool interface_xdp_open(struct egress **egress, const char *name, unsigned index);

// By a ring of AF_PACKET's, with its socket. 0, or a negative errno with a message.
int interface_ring_open(struct egress **egress, const char *name, unsigned index,
                        struct error *err);

#endif
