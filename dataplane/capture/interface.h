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
#include "dataplane/packet/packet.h"

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
    char bus[16];       // that its device is on, such as pci or virtio; empty where there is none
    char device[32];    // there
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

// Whether `interface` is another one than `other`, whatever name each was opened by (an interface
// may have several). Returns 0, or -EINVAL with a message.
int interface_differs(const struct interface *interface, const struct interface *other,
                      struct error *err);

// Those that opened need not exist any more.
void interface_close(struct interface *interface);

// Waits for nobody but who is just changing an interface (the kernel does one such thing at a
// time). Returns 0, -ENODEV when no interface has that index any more (an interface that was made
// anew under the same name has another index), or a negative errno: ask again later.
int interface_link_read(const struct interface *interface, struct interface_link *link);

// Those that are on, as a set of enum interface_offload; what the driver does not tell is off.
unsigned interface_offloads(const struct interface *interface);

// Receive queues in use; at least 1.
unsigned interface_rx_queues(const struct interface *interface);

// Whose clock stamps what is received.
enum interface_stamps {
    INTERFACE_STAMPS_KERNEL,
    INTERFACE_STAMPS_NIC,         // on every packet, by a clock that goes with the system's
    INTERFACE_STAMPS_NIC_APART,   // by a clock that does not, so that its times are of no use
    INTERFACE_STAMPS_NIC_UNKNOWN, // by a clock that cannot be read from here
};

// What is set now; changes nothing. Opens /dev/ptp*, which may need a right.
enum interface_stamps interface_stamps(const struct interface *interface);

// What the first octets of a packet from it are. A LINK_PPP interface may leave the PPP header out.
enum link_type interface_link_type(const struct interface_link *link);

// Empty where the driver has no name.
void interface_driver(const struct interface *interface, char *text, size_t size);

// 0 where it is not known.
unsigned interface_speed_mbps(const struct interface *interface);

// The PCI address of its device, such as 0000:03:00.0; empty where it has none.
void interface_pci_address(const struct interface_link *link, char *text, size_t size);

// The node that the device is wired to; -1 where it is no PCI device or there is only one.
int interface_numa_node(const struct interface_link *link);

#endif
