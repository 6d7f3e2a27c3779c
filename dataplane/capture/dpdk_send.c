// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/dpdk_send.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_errno.h>

#include "dataplane/base/clock.h"
#include "dataplane/capture/dpdk.h"

enum {
    BURST = 64,
    MBUFS = 4096, // all descriptors filled, a burst in hand, and what the cache holds
    DESCRIPTORS = 1024,
    PATIENCE_US = 1000000,
};

struct dpdk_send {
    struct live live; // for notices of the start alone
    struct dpdk_device device;
    struct rte_mbuf *burst[BURST]; // had, of which `put` have a frame
    unsigned had;
    unsigned put;
};

// Most drivers know no port without a receive queue: it has one that nobody reads.
static int port_start(struct dpdk_send *send, struct error *err)
{
    struct dpdk_device *device = &send->device;
    struct rte_eth_conf conf = {0};
    uint16_t receive = DESCRIPTORS;
    uint16_t transmit = DESCRIPTORS;
    int node = rte_eth_dev_socket_id(device->port);
    int code = rte_eth_dev_configure(device->port, 1, 1, &conf);
    if (code == 0) {
        code = rte_eth_dev_adjust_nb_rx_tx_desc(device->port, &receive, &transmit);
    }
    if (code == 0) {
        code = rte_eth_rx_queue_setup(device->port, 0, receive, (unsigned)node, NULL, device->pool);
    }
    if (code == 0) {
        code = rte_eth_tx_queue_setup(device->port, 0, transmit, (unsigned)node, NULL);
    }
    if (code == 0) {
        code = rte_eth_dev_start(device->port);
    }
    if (code != 0) {
        return error_set(err, code, "%s: the device cannot be made ready to send: %s (%s)",
                         device->name, rte_strerror(-code), dpdk_log_words());
    }
    return 0;
}

static int pool_make(struct dpdk_device *device, const struct live_options *options,
                     struct error *err)
{
    device->pool =
        rte_pktmbuf_pool_create("weir-send", options->dpdk.mbufs, DPDK_CACHE, 0,
                                (uint16_t)(DPDK_SEND_ROOM + RTE_PKTMBUF_HEADROOM), SOCKET_ID_ANY);
    if (device->pool == NULL) {
        return error_set(err, -ENOMEM, "%s: no memory for %u packet buffers: %s", device->name,
                         options->dpdk.mbufs, rte_strerror(rte_errno));
    }
    return 0;
}

int dpdk_send_open(struct dpdk_send **send, const char *device, struct error *err)
{
    struct live_options options = {.kind = LIVE_DPDK,
                                   .interfaces = {.items = &device, .count = 1},
                                   .sockets = 1,
                                   .ring = DESCRIPTORS,
                                   .dpdk = {.mbufs = MBUFS}};
    struct dpdk_send *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return error_set(err, -ENOMEM, "no memory");
    }
    notices_init(&made->live.notices);
    int code = dpdk_eal_start(&made->live, &options, err);
    if (code != 0) {
        notices_fini(&made->live.notices);
        free(made);
        return code;
    }
    code = dpdk_port_find(&made->device, device, err);
    if (code == 0) {
        made->device.opened = true;
        code = pool_make(&made->device, &options, err);
    }
    if (code == 0) {
        code = port_start(made, err);
    }
    if (code != 0) {
        dpdk_send_close(made);
        return code;
    }
    *send = made;
    return 0;
}

int dpdk_send_flush(struct dpdk_send *send, struct error *err)
{
    unsigned sent = 0;
    int64_t until_us = 0;
    while (sent < send->put) {
        unsigned more = rte_eth_tx_burst(send->device.port, 0, send->burst + sent,
                                         (uint16_t)(send->put - sent));
        sent += more;
        if (more > 0) {
            until_us = 0;
        } else if (until_us == 0) {
            until_us = clock_monotonic_us() + PATIENCE_US;
        } else if (clock_monotonic_us() > until_us) {
            return error_set(err, -EIO, "%s has taken no frame for a second", send->device.name);
        }
    }
    // Those without a frame stay in hand.
    send->had -= sent;
    for (unsigned i = 0; i < send->had; i++) {
        send->burst[i] = send->burst[sent + i];
    }
    send->put = 0;
    return 0;
}

// Until the device has given back what it has sent.
static int burst_take(struct dpdk_send *send, struct error *err)
{
    int64_t until_us = 0;
    while (rte_pktmbuf_alloc_bulk(send->device.pool, send->burst, BURST) != 0) {
        int64_t now_us = clock_monotonic_us();
        until_us = until_us == 0 ? now_us + PATIENCE_US : until_us;
        if (now_us > until_us) {
            return error_set(err, -EIO, "%s has given back no buffer for a second",
                             send->device.name);
        }
        rte_eth_tx_done_cleanup(send->device.port, 0, 0); // of drivers that are lazy
    }
    send->had = BURST;
    return 0;
}

uint8_t *dpdk_send_room(struct dpdk_send *send, struct error *err)
{
    if (send->put == send->had) {
        if (dpdk_send_flush(send, err) != 0 || burst_take(send, err) != 0) {
            return NULL;
        }
    }
    return rte_pktmbuf_mtod(send->burst[send->put], uint8_t *);
}

int dpdk_send_put(struct dpdk_send *send, unsigned length, struct error *err)
{
    struct rte_mbuf *mbuf = send->burst[send->put++];
    mbuf->data_len = (uint16_t)length;
    mbuf->pkt_len = length;
    return send->put < send->had ? 0 : dpdk_send_flush(send, err);
}

void dpdk_send_close(struct dpdk_send *send)
{
    if (send == NULL) {
        return;
    }
    if (send->had > 0) {
        rte_pktmbuf_free_bulk(send->burst, send->had);
    }
    if (send->device.opened) {
        (void)rte_eth_dev_stop(send->device.port);
        (void)rte_eth_dev_close(send->device.port);
    }
    rte_mempool_free(send->device.pool);
    dpdk_eal_stop();
    notices_fini(&send->live.notices);
    free(send);
}
