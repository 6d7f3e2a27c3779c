// SPDX-License-Identifier: Apache-2.0
// Where frames go: a capture file, an interface, a port of DPDK's, nowhere. One thread at a time.
#ifndef WEIR_GENERATE_EGRESS_H
#define WEIR_GENERATE_EGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/base/error.h"

struct egress;

struct egress_operations {
    // Room for one frame of FRAME_MAX octets, the same until egress_put. NULL: a message is in
    // `err`. May block until earlier frames are gone.
    uint8_t *(*room)(struct egress *egress, struct error *err);
    // Takes the frame that was written there. 0, or a negative errno with a message.
    int (*put)(struct egress *egress, unsigned length, int64_t time_us, struct error *err);
    // Sends all that was put. 0, or a negative errno with a message.
    int (*flush)(struct egress *egress, struct error *err);
    void (*close)(struct egress *egress); // and frees it
};

struct egress {
    const struct egress_operations *operations;
    bool is_live; // frames leave now, and so have to be at their time
};

// Creates or overwrites a classic pcap file of Ethernet frames with microseconds; "-" is standard
// output. 0, or a negative errno with a message.
int egress_file_open(struct egress **egress, const char *path, struct error *err);

// Sends to a network interface, past its queueing discipline. Takes CAP_NET_RAW. 0, or a negative
// errno with a message: also where its frames are shorter than FRAME_MTU and an Ethernet header.
int egress_interface_open(struct egress **egress, const char *name, struct error *err);

// Sends by a device that DPDK drives, as dpdk_send.h names it.
int egress_dpdk_open(struct egress **egress, const char *device, struct error *err);

// Keeps nothing.
int egress_nowhere_open(struct egress **egress, struct error *err);

// Any of them, by what the operator says: pcap:FILE, interface:NAME, dpdk:DEVICE, null:. NULL is
// none of them.
int egress_open(struct egress **egress, const char *output, struct error *err);

#endif
