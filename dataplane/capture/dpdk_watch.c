// SPDX-License-Identifier: Apache-2.0
// What becomes of the devices while capture runs: links that go and come, devices that are pulled.
#include <errno.h>
#include <stdio.h>

#include "dataplane/base/clock.h"
#include "dataplane/capture/dpdk.h"

// Runs on EAL's interrupt thread.
static int on_removal(uint16_t port, enum rte_eth_event_type event, void *context, void *result)
{
    (void)port;
    (void)event;
    (void)result;
    atomic_store(&((struct dpdk_device *)context)->removed, true);
    return 0;
}

void dpdk_watch_begin(struct dpdk_device *device)
{
    // Devices that cannot be pulled refuse it.
    (void)rte_eth_dev_callback_register(device->port, RTE_ETH_EVENT_INTR_RMV, on_removal, device);
}

void dpdk_watch_end(struct dpdk_device *device)
{
    (void)rte_eth_dev_callback_unregister(device->port, RTE_ETH_EVENT_INTR_RMV, on_removal, device);
}

static void device_end(struct live *live, struct dpdk_device *device, const char *what)
{
    struct capture_loss *loss = &device->loss;
    snprintf(loss->file, sizeof(loss->file), "%s", device->name);
    snprintf(loss->cause, sizeof(loss->cause), "detached");
    snprintf(loss->detail, sizeof(loss->detail), "%s; expected it to stay until capture ends",
             what);
    live_tell(live, LIVE_ERROR, "%s: %s; its capture ends", device->name, what);
    // Pairs with the acquire in dpdk_queue.c.
    atomic_store_explicit(&device->gone, true, memory_order_release);
}

bool dpdk_link_up(const struct dpdk_device *device, bool *gone)
{
    struct rte_eth_link link = {0};
    struct interface_link beneath = {0};
    *gone = false;
    if (!device->beneath.there) {
        return rte_eth_link_get_nowait(device->port, &link) == 0 &&
               link.link_status == RTE_ETH_LINK_UP;
    }
    // The drivers say "up" whatever becomes of the interface.
    int code = interface_link_read(&device->beneath.interface, &beneath);
    *gone = code == -ENODEV;
    return code == 0 ? beneath.up && beneath.carrier : device->link_up;
}

static void link_watch(struct live *live, struct dpdk_device *device)
{
    bool gone;
    bool up = dpdk_link_up(device, &gone);
    if (gone) {
        device_end(live, device, "the interface beneath the device is gone");
    } else if (up != device->link_up) {
        device->link_up = up;
        live_tell(live, up ? LIVE_INFO : LIVE_WARNING, "%s: link is %s", device->name,
                  up ? "up" : "down; capture goes on when it is up again");
    }
}

static void clock_watch(struct dpdk_device *device)
{
    uint64_t ticks;
    if (device->stamps && rte_eth_read_clock(device->port, &ticks) == 0) {
        dpdk_clock_set(&device->clock, ticks, clock_monotonic_us(), clock_wall_us());
    }
}

void dpdk_watch(struct live *live)
{
    struct dpdk *dpdk = (struct dpdk *)live;
    for (unsigned i = 0; i < dpdk->device_count; i++) {
        struct dpdk_device *device = &dpdk->devices[i];
        if (atomic_load_explicit(&device->gone, memory_order_relaxed)) {
            continue;
        }
        if (atomic_load(&device->removed) || rte_eth_dev_is_removed(device->port) == 1) {
            device_end(live, device, "the device was removed");
        } else {
            link_watch(live, device);
            clock_watch(device);
        }
    }
}
