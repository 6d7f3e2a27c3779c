// SPDX-License-Identifier: Apache-2.0
// What can be asked of an interface of the kernel. None of it needs a right, and all of it goes
// through sockets that belong to the network namespace of the thread that opened them: no path
// under /sys/class/net, which shows the namespace of whoever mounted it. What is asked after rights
// have been given up takes no system call but sendto, recvfrom and ioctl on these sockets.
#ifndef WEIR_CAPTURE_INTERFACE_H
#define WEIR_CAPTURE_INTERFACE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/error.h"

// One thread at a time; several threads open one each.
struct interface {
    char name[IF_NAMESIZE]; // as it was opened
    unsigned index;
    int netlink;
    int control;
};

// What may change at any time.
struct interface_link {
    char name[IF_NAMESIZE]; // by now
    bool up;                // set up by the administrator
    bool carrier;           // and there is a link
    unsigned mtu;
    unsigned hatype;    // ARPHRD_*
    uint64_t rx_missed; // packets that the NIC had no room for; beginning at any number
    char device[32];    // on its bus, such as 0000:03:00.0; empty where there is none
    char kind[16];      // of a virtual one, such as veth; else empty
};

enum interface_offload {
    INTERFACE_GRO = 1 << 0,
    INTERFACE_LRO = 1 << 1,
    INTERFACE_TSO = 1 << 2,
    INTERFACE_GSO = 1 << 3,
    INTERFACE_RX_VLAN = 1 << 4, // takes VLAN tags out of what it receives
};

// Finds an interface by name. Returns 0 and fills *interface, or a negative errno with a message:
// -ENODEV (names the ones there are), -EINVAL (no name of an interface), or what socket(2) fails
// with.
int interface_open(struct interface *interface, const char *name, struct error *err);

// Those that opened need not exist any more.
void interface_close(struct interface *interface);

// Never blocks. Returns 0, -ENODEV when no interface has that index any more (an interface that was
// made anew under the same name has another index), or a negative errno: ask again later.
int interface_link_read(const struct interface *interface, struct interface_link *link);

// Those that are on, as a set of enum interface_offload; what the driver does not tell is off.
unsigned interface_offloads(const struct interface *interface);

// Receive queues in use; at least 1.
unsigned interface_rx_queues(const struct interface *interface);

// Empty where the driver has no name.
void interface_driver(const struct interface *interface, char *text, size_t size);

// 0 where it is not known.
unsigned interface_speed_mbps(const struct interface *interface);

// The node that the device is wired to; -1 where it is no PCI device or there is only one.
int interface_numa_node(const struct interface_link *link);

#endif
