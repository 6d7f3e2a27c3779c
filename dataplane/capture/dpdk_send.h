// SPDX-License-Identifier: Apache-2.0
// A port of DPDK's that frames are sent by: the other direction of its capture, on the same start
// of its environment. For whoever makes traffic; none of DPDK's headers is needed to use it.
#ifndef WEIR_CAPTURE_DPDK_SEND_H
#define WEIR_CAPTURE_DPDK_SEND_H

#include <stdint.h>

#include "dataplane/base/error.h"

enum { DPDK_SEND_ROOM = 2048 }; // octets for a frame

struct dpdk_send;

// Opens one device: a PCI address or a virtual device with its arguments (net_null0,
// net_af_packet0,iface=eth1). Once in a process. 0, or -EINVAL, -ENODEV, -ENOMEM, -EBUSY or what
// else the driver says, with a message. Blocks while links come up, as long as DPDK takes.
int dpdk_send_open(struct dpdk_send **send, const char *device, struct error *err);

// The rest: one thread at a time.

// Room for one frame, the same until dpdk_send_put. NULL, with a message: the device has given back
// none for a second.
uint8_t *dpdk_send_room(struct dpdk_send *send, struct error *err);

// Takes the frame of so many octets that was written there. 0, or a negative errno with a message.
int dpdk_send_put(struct dpdk_send *send, unsigned length, struct error *err);

// Hands all that was put to the device. 0, or -EIO with a message: it has taken none for a second.
int dpdk_send_flush(struct dpdk_send *send, struct error *err);

void dpdk_send_close(struct dpdk_send *send); // NULL is fine

#endif
