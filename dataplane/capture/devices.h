// SPDX-License-Identifier: Apache-2.0
// What there is to capture from: the interfaces of this network namespace, the network devices on
// the PCI bus, huge pages. Needs no right; changes nothing. Any thread; reads files.
#ifndef WEIR_CAPTURE_DEVICES_H
#define WEIR_CAPTURE_DEVICES_H

#include "dataplane/capture/interface.h"

// Where an XDP program runs.
enum device_xdp {
    DEVICE_XDP_NONE,      // frames of a kind that the program does not know
    DEVICE_XDP_GENERIC,   // behind the driver
    DEVICE_XDP_NATIVE,    // in it
    DEVICE_XDP_ZERO_COPY, // and it receives into our memory
};

struct device_interface {
    struct interface_link link;
    enum link_type link_type;
    enum device_xdp xdp;
    unsigned offloads; // enum interface_offload
    unsigned rx_queues;
    unsigned speed_mbps; // 0: not known
    int numa_node;       // -1: not known
    char driver[32];     // empty: it has no name
    char pci[32];        // empty: none
};

// All interfaces, in the kernel's order. Returns how many and sets *interfaces, to be freed by the
// caller; or a negative errno.
int devices_interfaces(struct device_interface **interfaces);

// Whether DPDK can take a device as things are.
enum device_dpdk {
    DEVICE_DPDK_READY,  // its driver gives it to user space
    DEVICE_DPDK_SHARED, // its driver lets DPDK receive beside the kernel
    DEVICE_DPDK_BOUND,  // another driver has it, or none
};

struct device_pci {
    char address[32];
    char driver[32]; // empty: none
    enum device_dpdk dpdk;
    bool iommu; // vfio-pci can protect the memory from it
    int numa_node;
};

// The devices on the PCI bus of class network controller, by address. `sysfs` is /sys but in tests.
// Returns how many and sets *devices, to be freed by the caller; or a negative errno.
int devices_pci(const char *sysfs, struct device_pci **devices);

enum { DEVICES_PAGE_SIZES_MAX = 4 };

struct device_pages {
    unsigned long size_kib;
    unsigned long total;
    unsigned long available;
};

// Huge pages by size, the smallest first. `sysfs` as above. Returns how many sizes there are.
unsigned devices_pages(const char *sysfs, struct device_pages pages[DEVICES_PAGE_SIZES_MAX]);

// What the kernel says about an interface's driver and XDP, or from `driver` where an older kernel
// (before 6.3) does not say it.
enum device_xdp devices_xdp(unsigned index, const char *driver);

#endif
