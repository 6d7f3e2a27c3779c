// SPDX-License-Identifier: Apache-2.0
// What the kernel says about interfaces, in a namespace of its own (needs root), and what is read
// of a bus made of files.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <net/if.h>

#include <linux/if_arp.h>

#include "dataplane/capture/devices.h"
#include "tests/unit/capture/veth.h"

static bool own_namespace;

static void needs_namespace(void)
{
    if (!own_namespace) {
        print_message("needs root\n");
        skip();
    }
}

static struct interface_link link_of(const struct interface *interface)
{
    struct interface_link link;
    assert_int_equal(interface_link_read(interface, &link), 0);
    return link;
}

static void an_interface_says_what_it_is(void **state)
{
    (void)state;
    needs_namespace();
    veth_create();
    struct interface interface;
    struct error err;
    assert_int_equal(interface_open(&interface, VETH_NEAR, &err), 0);
    struct interface_link link = link_of(&interface);
    char driver[32];
    char pci[32];
    interface_driver(&interface, driver, sizeof(driver));
    interface_pci_address(&link, pci, sizeof(pci));
    assert_string_equal(link.name, VETH_NEAR);
    assert_true(link.up);
    assert_true(link.carrier);
    assert_int_equal(link.mtu, VETH_MTU);
    assert_int_equal(link.hatype, ARPHRD_ETHER);
    assert_int_equal(interface_link_type(&link), LINK_ETHERNET);
    assert_string_equal(driver, "veth");
    assert_string_equal(pci, "");
    assert_int_equal(interface_numa_node(&link), -1);
    assert_int_equal(interface_speed_mbps(&interface), 10000); // what veth claims
    assert_true(interface_rx_queues(&interface) >= 1);
    assert_int_equal(interface_stamps(&interface), INTERFACE_STAMPS_KERNEL);
    veth_run("ip link set " VETH_FAR " down");
    link = link_of(&interface);
    assert_true(link.up);
    assert_false(link.carrier);
    veth_run("ip link set " VETH_NEAR " down mtu 1400");
    link = link_of(&interface);
    assert_false(link.up);
    assert_false(link.carrier);
    assert_int_equal(link.mtu, 1400);
    interface_close(&interface);
    veth_remove();
}

static void queues_in_use_are_counted(void **state)
{
    (void)state;
    needs_namespace();
    veth_run("ip link add weir-many numrxqueues 5 numtxqueues 5 type veth peer name weir-peer && "
             "ethtool -L weir-many rx 3 tx 3");
    struct interface interface;
    assert_int_equal(interface_open(&interface, "weir-many", NULL), 0);
    assert_int_equal(interface_rx_queues(&interface), 3);
    interface_close(&interface);
    veth_run("ip link del weir-many");
}

static void offloads_are_told(void **state)
{
    (void)state;
    needs_namespace();
    veth_create(); // with all of them off
    struct interface interface;
    assert_int_equal(interface_open(&interface, VETH_NEAR, NULL), 0);
    assert_int_equal(interface_offloads(&interface) & ~INTERFACE_RX_VLAN, 0);
    veth_run("ethtool -K " VETH_NEAR " gro on");
    assert_int_equal(interface_offloads(&interface) & ~INTERFACE_RX_VLAN, INTERFACE_GRO);
    veth_run("ethtool -K " VETH_NEAR " gso on rxvlan on");
    assert_int_equal(interface_offloads(&interface),
                     INTERFACE_GRO | INTERFACE_GSO | INTERFACE_RX_VLAN);
    interface_close(&interface);
    veth_remove();
}

// Another interface of the same name is another one.
static void one_that_is_gone_stays_gone(void **state)
{
    (void)state;
    needs_namespace();
    veth_create();
    struct interface interface;
    assert_int_equal(interface_open(&interface, VETH_NEAR, NULL), 0);
    veth_remove();
    veth_create();
    struct interface_link link;
    assert_int_equal(interface_link_read(&interface, &link), -ENODEV);
    interface_close(&interface);
    veth_remove();
}

static void xdp_is_told_by_the_driver(void **state)
{
    (void)state;
    needs_namespace();
    veth_create();
    struct device_interface *found;
    int count = devices_interfaces(&found);
    unsigned seen = 0;
    for (int i = 0; i < count; i++) {
        if (strcmp(found[i].link.name, "lo") == 0) {
            assert_int_equal(found[i].xdp, DEVICE_XDP_GENERIC);
            seen++;
        } else if (strcmp(found[i].link.name, VETH_FAR) == 0) {
            assert_string_equal(found[i].driver, "veth");
            assert_int_equal(found[i].xdp, DEVICE_XDP_NATIVE);
            seen++;
        }
    }
    assert_int_equal(seen, 2);
    free(found);
    veth_remove();
    assert_int_equal(devices_xdp(1 << 30, "i40e"), DEVICE_XDP_ZERO_COPY); // an old kernel's way
    assert_int_equal(devices_xdp(1 << 30, "e1000e"), DEVICE_XDP_GENERIC);
}

static void made(const char *root, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Runs a command of the shell in the directory.
static void made(const char *root, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    char command[1024];
    snprintf(command, sizeof(command), "cd %s && %s", root, text);
    veth_run(command);
}

static const struct pci_case {
    const char *address;
    const char *class;
    const char *driver; // NULL: none
    bool network;
    enum device_dpdk dpdk;
    bool iommu;
    int numa_node;
} pci_cases[] = {
    {"0000:01:00.0", "0x020000", "vfio-pci", true, DEVICE_DPDK_READY, true, 1},
    {"0000:02:00.0", "0x010802", "nvme", false, DEVICE_DPDK_BOUND, true, 0},
    {"0000:03:00.0", "0x020000", "ixgbe", true, DEVICE_DPDK_BOUND, true, 0},
    {"0000:03:00.1", "0x020000", NULL, true, DEVICE_DPDK_BOUND, false, -1},
    {"0000:04:00.0", "0x020700", "mlx5_core", true, DEVICE_DPDK_SHARED, false, 0},
};

static void bus_make(const char *root)
{
    for (size_t i = 0; i < sizeof(pci_cases) / sizeof(pci_cases[0]); i++) {
        const struct pci_case *one = &pci_cases[i];
        made(root,
             "mkdir -p bus/pci/devices/%s && cd bus/pci/devices/%s && echo %s > class && "
             "echo %d > numa_node",
             one->address, one->address, one->class, one->numa_node);
        if (one->driver != NULL) {
            made(root, "ln -s ../../drivers/%s bus/pci/devices/%s/driver", one->driver,
                 one->address);
        }
        if (one->iommu) {
            made(root, "ln -s /sys/kernel/iommu_groups/7 bus/pci/devices/%s/iommu_group",
                 one->address);
        }
    }
}

static void network_devices_are_found_on_the_bus(void **state)
{
    (void)state;
    char root[] = "/tmp/weir-sys-XXXXXX";
    assert_non_null(mkdtemp(root));
    bus_make(root);
    struct device_pci *found;
    int count = devices_pci(root, &found);
    int seen = 0;
    for (size_t i = 0; i < sizeof(pci_cases) / sizeof(pci_cases[0]); i++) {
        const struct pci_case *one = &pci_cases[i];
        if (one->network) {
            assert_true(seen < count);
            assert_string_equal(found[seen].address, one->address);
            assert_string_equal(found[seen].driver, one->driver != NULL ? one->driver : "");
            assert_int_equal(found[seen].dpdk, one->dpdk);
            assert_int_equal(found[seen].iommu, one->iommu);
            assert_int_equal(found[seen].numa_node, one->numa_node);
            seen++;
        }
    }
    assert_int_equal(seen, count);
    free(found);
    made(root, "rm -r bus");
    assert_int_equal(devices_pci(root, &found), 0);
    free(found);
    rmdir(root);
}

static void huge_pages_are_counted(void **state)
{
    (void)state;
    char root[] = "/tmp/weir-sys-XXXXXX";
    assert_non_null(mkdtemp(root));
    struct device_pages pages[DEVICES_PAGE_SIZES_MAX];
    assert_int_equal(devices_pages(root, pages), 0);
    made(root, "mkdir -p kernel/mm/hugepages && cd kernel/mm/hugepages && "
               "mkdir hugepages-1048576kB hugepages-2048kB && echo 2 > "
               "hugepages-1048576kB/nr_hugepages && "
               "echo 1 > hugepages-1048576kB/free_hugepages && echo 512 > "
               "hugepages-2048kB/nr_hugepages && "
               "echo 500 > hugepages-2048kB/free_hugepages");
    assert_int_equal(devices_pages(root, pages), 2);
    assert_int_equal(pages[0].size_kib, 2048);
    assert_int_equal(pages[0].total, 512);
    assert_int_equal(pages[0].available, 500);
    assert_int_equal(pages[1].size_kib, 1048576);
    assert_int_equal(pages[1].total, 2);
    assert_int_equal(pages[1].available, 1);
    made(root, "rm -r kernel");
    rmdir(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(network_devices_are_found_on_the_bus),
        cmocka_unit_test(huge_pages_are_counted),
        cmocka_unit_test(an_interface_says_what_it_is),
        cmocka_unit_test(queues_in_use_are_counted),
        cmocka_unit_test(offloads_are_told),
        cmocka_unit_test(one_that_is_gone_stays_gone),
        cmocka_unit_test(xdp_is_told_by_the_driver),
    };
    own_namespace = veth_namespace();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
