// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/devices.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PCI_CLASS_NETWORK = 0x02, PCI_CLASS_SHIFT = 16 };

static bool interface_describe(struct device_interface *found, const char *name)
{
    struct interface interface;
    if (interface_open(&interface, name, NULL) != 0) {
        return false; // gone meanwhile
    }
    *found = (struct device_interface){0};
    bool there = interface_link_read(&interface, &found->link) == 0;
    found->link_type = interface_link_type(&found->link);
    found->offloads = interface_offloads(&interface);
    found->rx_queues = interface_rx_queues(&interface);
    found->speed_mbps = interface_speed_mbps(&interface);
    found->numa_node = interface_numa_node(&found->link);
    interface_driver(&interface, found->driver, sizeof(found->driver));
    interface_pci_address(&found->link, found->pci, sizeof(found->pci));
    found->xdp = found->link_type == LINK_ETHERNET ? devices_xdp(interface.index, found->driver)
                                                   : DEVICE_XDP_NONE;
    interface_close(&interface);
    return there;
}

int devices_interfaces(struct device_interface **interfaces)
{
    struct if_nameindex *names = if_nameindex();
    if (names == NULL) {
        return -errno;
    }
    size_t total = 0;
    while (names[total].if_index != 0) {
        total++;
    }
    struct device_interface *found = calloc(total + 1, sizeof(*found));
    int count = found != NULL ? 0 : -ENOMEM;
    for (size_t i = 0; found != NULL && i < total; i++) {
        count += interface_describe(&found[count], names[i].if_name);
    }
    if_freenameindex(names);
    if (found != NULL) {
        *interfaces = found;
    }
    return count;
}

// A number from a file of one line; `otherwise` where there is none.
static long number_read(int directory, const char *name, long otherwise)
{
    char line[32];
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    ssize_t bytes = fd >= 0 ? read(fd, line, sizeof(line) - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    if (bytes <= 0) {
        return otherwise;
    }
    line[bytes] = '\0';
    return strtol(line, NULL, 0);
}

static enum device_dpdk dpdk_of(const char *driver)
{
    static const struct {
        const char *driver;
        enum device_dpdk dpdk;
    } drivers[] = {
        {"vfio-pci", DEVICE_DPDK_READY},        {"igb_uio", DEVICE_DPDK_READY},
        {"uio_pci_generic", DEVICE_DPDK_READY}, {"mlx4_core", DEVICE_DPDK_SHARED},
        {"mlx5_core", DEVICE_DPDK_SHARED},
    };
    for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
        if (strcmp(drivers[i].driver, driver) == 0) {
            return drivers[i].dpdk;
        }
    }
    return DEVICE_DPDK_BOUND;
}

// The last part of where a link leads; false where there is none.
static bool link_target(int directory, const char *name, char *text, size_t size)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(directory, name, target, sizeof(target) - 1);
    if (length < 0) {
        return false;
    }
    target[length] = '\0';
    snprintf(text, size, "%s", basename(target));
    return true;
}

static bool pci_describe(struct device_pci *found, int bus, const char *address)
{
    char group[32];
    int directory = openat(bus, address, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return false; // unplugged meanwhile
    }
    bool network = number_read(directory, "class", 0) >> PCI_CLASS_SHIFT == PCI_CLASS_NETWORK;
    if (network) {
        *found = (struct device_pci){0};
        snprintf(found->address, sizeof(found->address), "%.*s", (int)sizeof(found->address) - 1,
                 address);
        link_target(directory, "driver", found->driver, sizeof(found->driver));
        found->dpdk = dpdk_of(found->driver);
        found->iommu = link_target(directory, "iommu_group", group, sizeof(group));
        found->numa_node = (int)number_read(directory, "numa_node", -1);
    }
    close(directory);
    return network;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int devices_pci(const char *sysfs, struct device_pci **devices)
{
    char path[PATH_MAX];
    struct dirent **entries = NULL;
    snprintf(path, sizeof(path), "%s/bus/pci/devices", sysfs);
    int bus = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int total = bus >= 0 ? scandirat(bus, ".", &entries, visible, alphasort) : 0;
    struct device_pci *found = total >= 0 ? calloc((size_t)total + 1, sizeof(*found)) : NULL;
    int count = found != NULL ? 0 : -errno;
    for (int i = 0; i < total; i++) {
        if (found != NULL) {
            count += pci_describe(&found[count], bus, entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
    if (bus >= 0) {
        close(bus);
    }
    if (found != NULL) {
        *devices = found;
    }
    return count;
}

static int by_size(const void *a, const void *b)
{
    const struct device_pages *left = a;
    const struct device_pages *right = b;
    return (left->size_kib > right->size_kib) - (left->size_kib < right->size_kib);
}

unsigned devices_pages(const char *sysfs, struct device_pages pages[DEVICES_PAGE_SIZES_MAX])
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/kernel/mm/hugepages", sysfs);
    DIR *sizes = opendir(path);
    if (sizes == NULL) {
        return 0;
    }
    unsigned count = 0;
    struct dirent *entry;
    while ((entry = readdir(sizes)) != NULL && count < DEVICES_PAGE_SIZES_MAX) {
        unsigned long size_kib;
        if (sscanf(entry->d_name, "hugepages-%lukB", &size_kib) != 1) {
            continue;
        }
        int size = openat(dirfd(sizes), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        pages[count++] = (struct device_pages){
            .size_kib = size_kib,
            .total = (unsigned long)number_read(size, "nr_hugepages", 0),
            .available = (unsigned long)number_read(size, "free_hugepages", 0),
        };
        if (size >= 0) {
            close(size);
        }
    }
    closedir(sizes);
    qsort(pages, count, sizeof(pages[0]), by_size);
    return count;
}
