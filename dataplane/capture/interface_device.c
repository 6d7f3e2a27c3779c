// SPDX-License-Identifier: Apache-2.0
// What an interface's driver tells through ethtool's ioctl, and the bus about its device.
#include <fcntl.h>
#include <limits.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dataplane/base/clock.h"
#include "dataplane/capture/interface.h"

// How far a NIC's clock may be from the system's for its times to be taken.
enum { APART_US = 10000 };

// False where the driver does not know the command.
static bool driver_ask(const struct interface *interface, void *command)
{
    struct ifreq request = {.ifr_data = command};
    memcpy(request.ifr_name, interface->name, sizeof(request.ifr_name));
    return ioctl(interface->control, SIOCETHTOOL, &request) == 0;
}

static uint32_t driver_value(const struct interface *interface, uint32_t command)
{
    struct ethtool_value value = {.cmd = command};
    return driver_ask(interface, &value) ? value.data : 0;
}

unsigned interface_offloads(const struct interface *interface)
{
    uint32_t flags = driver_value(interface, ETHTOOL_GFLAGS);
    unsigned set = 0;
    set |= driver_value(interface, ETHTOOL_GGRO) != 0 ? INTERFACE_GRO : 0;
    set |= driver_value(interface, ETHTOOL_GTSO) != 0 ? INTERFACE_TSO : 0;
    set |= driver_value(interface, ETHTOOL_GGSO) != 0 ? INTERFACE_GSO : 0;
    set |= (flags & ETH_FLAG_LRO) != 0 ? INTERFACE_LRO : 0;
    set |= (flags & ETH_FLAG_RXVLAN) != 0 ? INTERFACE_RX_VLAN : 0;
    return set;
}

unsigned interface_rx_queues(const struct interface *interface)
{
    struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
    unsigned queues = 0;
    if (driver_ask(interface, &channels)) {
        queues = channels.combined_count + channels.rx_count;
    }
    if (queues == 0) {
        struct ethtool_rxnfc rings = {.cmd = ETHTOOL_GRXRINGS};
        queues = driver_ask(interface, &rings) ? (unsigned)rings.data : 0;
    }
    return queues > 0 ? queues : 1;
}

void interface_driver(const struct interface *interface, char *text, size_t size)
{
    struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
    bool known = driver_ask(interface, &info);
    snprintf(text, size, "%.*s", (int)sizeof(info.driver), known ? info.driver : "");
}

unsigned interface_speed_mbps(const struct interface *interface)
{
    // The first call tells how long the lists of modes are that the second wants room for.
    union {
        struct ethtool_link_settings settings;
        uint32_t words[sizeof(struct ethtool_link_settings) / sizeof(uint32_t) + 3 * INT8_MAX];
    } link = {.settings = {.cmd = ETHTOOL_GLINKSETTINGS}};
    if (!driver_ask(interface, &link) || link.settings.link_mode_masks_nwords >= 0) {
        return 0;
    }
    link.settings.cmd = ETHTOOL_GLINKSETTINGS;
    link.settings.link_mode_masks_nwords = (int8_t)-link.settings.link_mode_masks_nwords;
    if (!driver_ask(interface, &link) || link.settings.speed == (uint32_t)SPEED_UNKNOWN) {
        return 0;
    }
    return link.settings.speed;
}

static bool stamps_all(const struct interface *interface)
{
    struct hwtstamp_config config = {0};
    struct ifreq request = {.ifr_data = (void *)&config};
    memcpy(request.ifr_name, interface->name, sizeof(request.ifr_name));
    return ioctl(interface->control, SIOCGHWTSTAMP, &request) == 0 &&
           config.rx_filter == HWTSTAMP_FILTER_ALL;
}

// A NIC's clock that nobody sets runs from the machine's start, or 37 s ahead on atomic time.
enum interface_stamps interface_stamps(const struct interface *interface)
{
    struct ethtool_ts_info info = {.cmd = ETHTOOL_GET_TS_INFO};
    if (!stamps_all(interface)) {
        return INTERFACE_STAMPS_KERNEL;
    }
    if (!driver_ask(interface, &info) || info.phc_index < 0) {
        return INTERFACE_STAMPS_NIC_UNKNOWN;
    }
    char path[32];
    snprintf(path, sizeof(path), "/dev/ptp%d", info.phc_index);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return INTERFACE_STAMPS_NIC_UNKNOWN;
    }
    enum { CLOCK_OF_FD = 3 }; // clock_gettime's way to name an open device
    struct timespec nic;
    bool known = clock_gettime((clockid_t)(~(unsigned)fd << 3 | CLOCK_OF_FD), &nic) == 0;
    int64_t apart_us =
        known ? clock_wall_us() - ((int64_t)nic.tv_sec * 1000000 + nic.tv_nsec / 1000) : 0;
    close(fd);
    if (!known) {
        return INTERFACE_STAMPS_NIC_UNKNOWN;
    }
    return llabs(apart_us) < APART_US ? INTERFACE_STAMPS_NIC : INTERFACE_STAMPS_NIC_APART;
}

// A device behind another bus (virtio) is a directory below the PCI device's.
void interface_pci_address(const struct interface_link *link, char *text, size_t size)
{
    char path[sizeof("/sys/bus//devices/") + sizeof(link->bus) + sizeof(link->device)];
    char real[PATH_MAX];
    char *rest;
    snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s", link->bus, link->device);
    text[0] = '\0';
    if (link->device[0] == '\0' || realpath(path, real) == NULL) {
        return;
    }
    for (char *part = strtok_r(real, "/", &rest); part != NULL; part = strtok_r(NULL, "/", &rest)) {
        unsigned domain, bus, slot, function;
        int read = 0;
        if (sscanf(part, "%x:%x:%x.%x%n", &domain, &bus, &slot, &function, &read) == 4 &&
            part[read] == '\0') {
            snprintf(text, size, "%s", part);
        }
    }
}

int interface_numa_node(const struct interface_link *link)
{
    char address[sizeof(link->device)];
    char path[sizeof("/sys/bus/pci/devices//numa_node") + sizeof(address)];
    interface_pci_address(link, address, sizeof(address));
    snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/numa_node", address);
    int node = -1;
    FILE *file = address[0] != '\0' ? fopen(path, "re") : NULL;
    if (file != NULL) {
        if (fscanf(file, "%d", &node) != 1) {
            node = -1;
        }
        fclose(file);
    }
    return node;
}
