// SPDX-License-Identifier: Apache-2.0
// Capture past the kernel, or by any other of DPDK's drivers. Each device is a port with as many
// receive queues as asked for and a buffer pool of its own.
#include "dataplane/capture/dpdk.h"

#include <errno.h>
#include <stdlib.h>

// A packet that a NIC has stamped may have waited so long for its reader.
enum { STAMPED_LAG_US = 100000 };

static void dpdk_close(struct live *live)
{
    struct dpdk *dpdk = (struct dpdk *)live;
    dpdk_log_close();
    for (unsigned i = 0; i < dpdk->device_count; i++) {
        dpdk_device_close(&dpdk->devices[i]);
    }
    dpdk_eal_stop();
    notices_fini(&dpdk->base.notices);
    free(dpdk);
}

static const struct live_ops dpdk_ops = {
    .name = "dpdk",
    .watch = dpdk_watch,
    .close = dpdk_close,
};

static int devices_open(struct dpdk *dpdk, const struct live_options *options, struct error *err)
{
    int code = 0;
    for (size_t i = 0; i < options->interfaces.count && code == 0; i++) {
        struct dpdk_device *device = &dpdk->devices[dpdk->device_count++];
        code = dpdk_device_open(device, &dpdk->base, options->interfaces.items[i], options, err);
        dpdk->base.lag_us = device->stamps ? STAMPED_LAG_US : dpdk->base.lag_us;
        for (uint16_t queue = 0; code == 0 && queue < device->queue_count; queue++) {
            dpdk->base.queue_interface[dpdk->base.queue_count] = (uint8_t)i;
            dpdk->queues[dpdk->base.queue_count++] = &device->queues[queue].base;
        }
    }
    return code;
}

int dpdk_open(struct live **live, const struct live_options *options, struct error *err)
{
    size_t queues = options->interfaces.count * options->sockets;
    if (queues == 0 || queues > LIVE_QUEUES_MAX) {
        return error_set(err, -EINVAL, "%zu queues to capture from; expected 1 to %d", queues,
                         LIVE_QUEUES_MAX);
    }
    struct dpdk *dpdk = calloc(1, sizeof(*dpdk));
    if (dpdk == NULL) {
        return error_set(err, -ENOMEM, "no memory for %zu queues", queues);
    }
    notices_init(&dpdk->base.notices);
    dpdk->base.ops = &dpdk_ops;
    dpdk->base.queues = dpdk->queues;
    int code = dpdk_eal_start(&dpdk->base, options, err);
    if (code != 0) {
        notices_fini(&dpdk->base.notices);
        free(dpdk);
        return code;
    }
    code = devices_open(dpdk, options, err);
    if (code != 0) {
        dpdk_close(&dpdk->base);
        return code;
    }
    dpdk_log_follow(&dpdk->base);
    *live = &dpdk->base;
    return 0;
}
