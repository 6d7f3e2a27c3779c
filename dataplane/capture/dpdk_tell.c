// SPDX-License-Identifier: Apache-2.0
// What the operator is told of a device when its capture begins.
#include <string.h>

#include <rte_eal.h>

#include "dataplane/capture/dpdk.h"

// Drivers that receive on all the queues which their arguments name, whoever reads them.
static bool queues_filled(const char *driver)
{
    return strcmp(driver, "net_pcap") == 0 || strcmp(driver, "net_af_packet") == 0 ||
           strcmp(driver, "net_af_xdp") == 0;
}

static void queues_tell(const struct dpdk_device *device, struct live *live,
                        const struct rte_eth_dev_info *info, bool symmetric)
{
    if (device->queue_count > 1 && !symmetric) {
        live_tell(live, LIVE_WARNING,
                  "%s spreads packets over its queues as it likes (it offers no RSS): the two "
                  "directions of a flow may come to two workers, as two flows",
                  device->name);
    }
    if (info->max_rx_queues > device->queue_count && queues_filled(device->driver)) {
        live_tell(live, LIVE_WARNING,
                  "%s has %u queues and %u are read: what comes to the others is lost, uncounted",
                  device->name, info->max_rx_queues, device->queue_count);
    }
}

void dpdk_device_tell(struct dpdk_device *device, struct live *live,
                      const struct rte_eth_dev_info *info, unsigned descriptors, bool symmetric)
{
    bool gone;
    device->link_up = dpdk_link_up(device, &gone);
    live_tell(live, LIVE_INFO,
              "%s: driver %s, %u queues of %u descriptors, %u buffers, NUMA node %d, %s, link %s",
              device->name, device->driver, device->queue_count, descriptors, device->pool->size,
              rte_eth_dev_socket_id(device->port),
              rte_eal_has_hugepages() ? "huge pages" : "no huge pages",
              device->link_up ? "up" : "down");
    queues_tell(device, live, info, symmetric);
    if (strcmp(device->driver, "net_af_packet") == 0) {
        live_tell(live, LIVE_WARNING,
                  "%s has the kernel join IP fragments, and cuts packets longer than its framesz=; "
                  "expected capture.source=af_packet, which does neither",
                  device->name);
    }
}
