// SPDX-License-Identifier: Apache-2.0
#include "agent/devices_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/columns.h"
#include "agent/log/log.h"
#include "agent/privileges.h"
#include "dataplane/capture/devices.h"

#define SYSFS "/sys"

enum { NUMBER_BYTES = 32, KIB_PER_MIB = 1024, KIB_PER_GIB = 1024 * 1024, MBPS_PER_GBPS = 1000 };

struct surroundings {
    struct device_interface *interfaces;
    int interface_count;
    struct device_pci *pci;
    int pci_count;
};

static const char *state_of(const struct interface_link *link)
{
    return !link->up ? "down" : link->carrier ? "up" : "no link";
}

static void node_text(char text[NUMBER_BYTES], int node)
{
    text[0] = '\0';
    if (node >= 0) {
        snprintf(text, NUMBER_BYTES, "%d", node);
    }
}

static void speed_text(char text[NUMBER_BYTES], unsigned mbps)
{
    text[0] = '\0';
    if (mbps >= MBPS_PER_GBPS) {
        snprintf(text, NUMBER_BYTES, "%g Gbit/s", (double)mbps / MBPS_PER_GBPS);
    } else if (mbps > 0) {
        snprintf(text, NUMBER_BYTES, "%u Mbit/s", mbps);
    }
}

static const char *sources_of(const struct device_interface *interface)
{
    static const char *const with_xdp[] = {
        [DEVICE_XDP_NONE] = "af_packet",
        [DEVICE_XDP_GENERIC] = "af_packet, af_xdp (generic)",
        [DEVICE_XDP_NATIVE] = "af_packet, af_xdp (native)",
        [DEVICE_XDP_ZERO_COPY] = "af_packet, af_xdp (native, zero copy)",
    };
    return interface->link_type == LINK_UNSUPPORTED ? "" : with_xdp[interface->xdp];
}

static void interface_add(struct columns *columns, const struct device_interface *interface)
{
    char speed[NUMBER_BYTES], mtu[NUMBER_BYTES], queues[NUMBER_BYTES], node[NUMBER_BYTES];
    speed_text(speed, interface->speed_mbps);
    snprintf(mtu, sizeof(mtu), "%u", interface->link.mtu);
    snprintf(queues, sizeof(queues), "%u", interface->rx_queues);
    node_text(node, interface->numa_node);
    const char *cells[] = {interface->link.name,
                           interface->driver,
                           state_of(&interface->link),
                           speed,
                           mtu,
                           queues,
                           node,
                           sources_of(interface)};
    columns_add(columns, cells, sizeof(cells) / sizeof(cells[0]));
}

// The one to show the words with: a NIC that is up, else any but the loopback device.
static const struct device_interface *example_of(const struct surroundings *around)
{
    const struct device_interface *best = NULL;
    int best_rank = -1;
    for (int i = 0; i < around->interface_count; i++) {
        const struct device_interface *one = &around->interfaces[i];
        int rank =
            4 * (strcmp(one->link.name, "lo") != 0) + 2 * (one->pci[0] != '\0') + one->link.carrier;
        if (one->link_type != LINK_UNSUPPORTED && rank > best_rank) {
            best = one;
            best_rank = rank;
        }
    }
    return best;
}

static void interfaces_print(const struct surroundings *around)
{
    static const char *const head[] = {"NAME", "DRIVER", "LINK", "SPEED",
                                       "MTU",  "QUEUES", "NODE", "CAPTURE WITH"};
    struct columns columns = {0};
    columns_add(&columns, head, sizeof(head) / sizeof(head[0]));
    for (int i = 0; i < around->interface_count; i++) {
        interface_add(&columns, &around->interfaces[i]);
    }
    puts("Interfaces of this network namespace\n");
    columns_print(&columns, stdout);
    const struct device_interface *example = example_of(around);
    if (example != NULL) {
        printf("\n  weir run --set capture.source=af_packet --set capture.interface=%s\n",
               example->link.name);
        if (example->xdp != DEVICE_XDP_NONE) {
            printf("  weir run --set capture.source=af_xdp --set capture.interface=%s\n",
                   example->link.name);
        }
    }
}

static const char *interface_of(const struct surroundings *around, const char *address)
{
    for (int i = 0; i < around->interface_count; i++) {
        if (strcmp(around->interfaces[i].pci, address) == 0) {
            return around->interfaces[i].link.name;
        }
    }
    return "";
}

static void pci_add(struct columns *columns, const struct surroundings *around,
                    const struct device_pci *device)
{
    static const char *const dpdk[] = {
        [DEVICE_DPDK_READY] = "can take it",
        [DEVICE_DPDK_SHARED] = "can take it, beside the kernel",
        [DEVICE_DPDK_BOUND] = "not with this driver",
    };
    char node[NUMBER_BYTES];
    node_text(node, device->numa_node);
    const char *cells[] = {device->address, device->driver, interface_of(around, device->address),
                           node, dpdk[device->dpdk]};
    columns_add(columns, cells, sizeof(cells) / sizeof(cells[0]));
}

// What is to be done before DPDK can take a device that another driver has.
static void binding_print(const struct device_pci *device, const char *interface)
{
    printf("\n  To have DPDK take it, away from the kernel%s%s%s:\n\n    modprobe vfio-pci\n",
           interface[0] != '\0' ? " (there is no " : "", interface,
           interface[0] != '\0' ? " then)" : "");
    if (!device->iommu) {
        puts("    echo 1 > /sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
    }
    printf("    dpdk-devbind.py --bind=vfio-pci %s\n", device->address);
    if (!device->iommu) {
        puts(
            "\n  The second line is needed where there is no IOMMU, as here: the device could then "
            "write\n  to any memory.");
    }
}

static void pci_print(const struct surroundings *around)
{
    static const char *const head[] = {"ADDRESS", "DRIVER", "INTERFACE", "NODE", "DPDK"};
    const struct device_pci *ready = NULL;
    const struct device_pci *bound = NULL;
    struct columns columns = {0};
    columns_add(&columns, head, sizeof(head) / sizeof(head[0]));
    for (int i = 0; i < around->pci_count; i++) {
        const struct device_pci *device = &around->pci[i];
        pci_add(&columns, around, device);
        if (device->dpdk != DEVICE_DPDK_BOUND) {
            ready = ready != NULL ? ready : device;
        } else if (bound == NULL || interface_of(around, device->address)[0] == '\0') {
            bound = device; // rather one that the kernel does nothing with
        }
    }
    puts("\nNetwork devices on the PCI bus\n");
    if (around->pci_count == 0) {
        puts("  none");
        return;
    }
    columns_print(&columns, stdout);
    if (bound != NULL) {
        binding_print(bound, interface_of(around, bound->address));
    }
    printf("\n  weir run --set capture.source=dpdk --set capture.dpdk.device=%s\n",
           ready != NULL ? ready->address : bound->address);
}

static void pages_print(void)
{
    static const char *const head[] = {"SIZE", "FREE", "TOTAL"};
    struct device_pages pages[DEVICES_PAGE_SIZES_MAX];
    unsigned sizes = devices_pages(SYSFS, pages);
    unsigned long total = 0;
    struct columns columns = {0};
    columns_add(&columns, head, sizeof(head) / sizeof(head[0]));
    for (unsigned i = 0; i < sizes; i++) {
        char size[NUMBER_BYTES], available[NUMBER_BYTES], all[NUMBER_BYTES];
        bool large = pages[i].size_kib >= KIB_PER_GIB;
        snprintf(size, sizeof(size), "%lu %s",
                 pages[i].size_kib / (large ? KIB_PER_GIB : KIB_PER_MIB), large ? "GiB" : "MiB");
        snprintf(available, sizeof(available), "%lu", pages[i].available);
        snprintf(all, sizeof(all), "%lu", pages[i].total);
        const char *cells[] = {size, available, all};
        columns_add(&columns, cells, sizeof(cells) / sizeof(cells[0]));
        total += pages[i].total;
    }
    puts("\nHuge pages\n");
    columns_print(&columns, stdout);
    if (total == 0) {
        puts("\n  None is reserved. DPDK wants some (sysctl vm.nr_hugepages=512 is 1 GiB), and "
             "large\n  tables are faster on them.");
    }
}

static void rights_print(void)
{
    static const struct {
        enum config_source source;
        const char *name;
    } sources[] = {{CONFIG_AF_PACKET, "af_packet"}, {CONFIG_AF_XDP, "af_xdp"}};
    puts("\nRights\n");
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        struct error err;
        if (privileges_check(sources[i].source, &err) == 0) {
            printf("  %s: this user may capture\n", sources[i].name);
        } else {
            columns_print_text(err.text, stdout);
        }
    }
    puts(geteuid() == 0
             ? "  dpdk: this user may capture"
             : "  dpdk: needs root, or a group with access to /dev/vfio and to huge pages");
}

enum exit_status devices_command(const struct command *command)
{
    struct log log = {.fd = STDERR_FILENO,
                      .format = command->config.log.format,
                      .level = command->config.log.level};
    struct surroundings around = {0};
    around.interface_count = devices_interfaces(&around.interfaces);
    around.pci_count = devices_pci(SYSFS, &around.pci);
    int code = around.interface_count < 0 ? around.interface_count : around.pci_count;
    if (code < 0) {
        log_error(&log, "capture", "cannot list devices", log_text("reason", strerror(-code)));
    } else {
        interfaces_print(&around);
        pci_print(&around);
        pages_print();
        rights_print();
        if (fflush(stdout) != 0 || ferror(stdout) != 0) {
            log_error(&log, "agent", "cannot write to standard output");
            code = -EIO;
        }
    }
    free(around.interfaces);
    free(around.pci);
    return code < 0 ? EXIT_STATUS_FAILED : EXIT_STATUS_DONE;
}
