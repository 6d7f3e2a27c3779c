// SPDX-License-Identifier: Apache-2.0
// A port made ready: queues, buffers, RSS, what the device is not to do to packets.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_mbuf_dyn.h>

#include "dataplane/base/clock.h"
#include "dataplane/capture/dpdk.h"

enum {
    DESCRIPTORS_MAX = 32768, // 16 bits hold them, and it is a power of two
    JUMBO_MTU = 9600,
    KEY_BYTES_MAX = 128,
    STAMP_PROBE_US = 20000, // between the two first readings of a NIC's clock
};

static const uint64_t rss_wanted = RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP;

// Drivers that take a packet from the wire before they look for a buffer. The others count each
// vain look, and the packet waits or is counted as missed.
static const char *const unbuffered_droppers[] = {"net_pcap", NULL};

// Virtual drivers that receive into buffers of their queues' pool, as those of PCI devices do.
// net_ring and those that bundle other devices hand over any buffers.
static const char *const own_pool_users[] = {"net_null",   "net_pcap",  "net_af_packet",
                                             "net_af_xdp", "net_memif", NULL};

struct ready {
    struct rte_eth_dev_info info;
    struct rte_eth_conf conf;
    uint8_t key[KEY_BYTES_MAX];
    uint16_t descriptors;
    uint16_t transmit_queues;
};

static int failed(const struct dpdk_device *device, const char *step, int code, struct error *err)
{
    return error_set(err, code, "%s: %s: %s (%s)%s", device->name, step, rte_strerror(-code),
                     dpdk_log_words(), dpdk_rights_lacking(device->asked));
}

int dpdk_port_find(struct dpdk_device *device, const char *name, struct error *err)
{
    size_t length = strcspn(name, ",");
    device->asked = name;
    snprintf(device->name, sizeof(device->name), "%.*s", (int)length, name);
    if (rte_eth_dev_get_port_by_name(device->name, &device->port) == 0) {
        return 0;
    }
    // Drivers name the port otherwise where a PCI device has several, or with its domain.
    struct rte_dev_iterator iterator;
    if (dpdk_name_is_pci(name) && rte_eth_iterator_init(&iterator, name) == 0) {
        device->port = rte_eth_iterator_next(&iterator);
        rte_eth_iterator_cleanup(&iterator);
        if (device->port != RTE_MAX_ETHPORTS) {
            return 0;
        }
    }
    return error_set(err, -ENODEV, "DPDK opens no port for %s: %s%s", name, dpdk_log_words(),
                     dpdk_rights_lacking(name));
}

// Both directions of a flow get the same hash from a key of one repeated half-word, and so the same
// queue.
static void rss_set(struct ready *ready)
{
    for (size_t i = 0; i < KEY_BYTES_MAX; i++) {
        ready->key[i] = i % 2 == 0 ? 0x6d : 0x5a;
    }
    uint8_t length = ready->info.hash_key_size;
    ready->conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    ready->conf.rx_adv_conf.rss_conf = (struct rte_eth_rss_conf){
        .rss_key = ready->key,
        .rss_key_len = length == 0 || length > KEY_BYTES_MAX ? 40 : length,
        .rss_hf = rss_wanted & ready->info.flow_type_rss_offloads,
    };
}

// Virtual devices take what comes; to set theirs would set that of the interface beneath.
static uint32_t mtu_of(const struct rte_eth_dev_info *info, unsigned room, bool scatter)
{
    uint32_t overhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN + 2 * RTE_VLAN_HLEN;
    uint32_t fits = scatter ? JUMBO_MTU : room - RTE_PKTMBUF_HEADROOM - overhead;
    return RTE_MIN(fits, (uint32_t)info->max_mtu);
}

static void conf_make(struct ready *ready, const char *name, const struct live_options *options)
{
    uint64_t offered = ready->info.rx_offload_capa;
    ready->conf.rxmode.offloads =
        offered & (RTE_ETH_RX_OFFLOAD_SCATTER | RTE_ETH_RX_OFFLOAD_TIMESTAMP);
    if (dpdk_name_is_pci(name)) {
        bool scatter = (offered & RTE_ETH_RX_OFFLOAD_SCATTER) != 0;
        ready->conf.rxmode.mtu = mtu_of(&ready->info, dpdk_room_bytes(name), scatter);
    }
    if (options->sockets > 1 && (ready->info.flow_type_rss_offloads & rss_wanted) != 0) {
        rss_set(ready);
    }
}

static int pool_make(struct dpdk_device *device, const char *name,
                     const struct live_options *options, unsigned descriptors, struct error *err)
{
    unsigned count = dpdk_mbuf_count(options, descriptors);
    char pool[RTE_MEMPOOL_NAMESIZE];
    snprintf(pool, sizeof(pool), "weir-%u", device->port);
    // The cache may hold half as much again, and must leave something.
    unsigned cache = RTE_MIN((unsigned)DPDK_CACHE, count / 8);
    device->pool = rte_pktmbuf_pool_create(pool, count, cache, 0, (uint16_t)dpdk_room_bytes(name),
                                           rte_eth_dev_socket_id(device->port));
    if (device->pool == NULL) {
        return error_set(err, -ENOMEM,
                         "%s: no memory for %u packet buffers: %s; expected smaller capture.ring "
                         "or capture.dpdk.mbufs, or more huge pages",
                         device->name, count, rte_strerror(rte_errno));
    }
    return 0;
}

static int queues_check(const struct dpdk_device *device, const struct ready *ready,
                        const struct live_options *options, struct error *err)
{
    if (options->sockets <= ready->info.max_rx_queues) {
        return 0;
    }
    return error_set(err, -EINVAL,
                     "%s has %u receive queues; expected %u, one for each worker: fewer workers, "
                     "or capture.spread=flows",
                     device->name, ready->info.max_rx_queues, options->sockets);
}

// We send nothing; but virtual devices, and a few of PCI, know queues in pairs only.
static int configure(struct dpdk_device *device, struct ready *ready, uint16_t queues)
{
    if (!dpdk_name_is_pci(device->asked) && ready->info.max_tx_queues >= queues) {
        ready->transmit_queues = queues;
    }
    int code = rte_eth_dev_configure(device->port, queues, ready->transmit_queues, &ready->conf);
    if (code != 0 && ready->transmit_queues == 0 && ready->info.max_tx_queues >= queues) {
        dpdk_log_clear();
        ready->transmit_queues = queues;
        code = rte_eth_dev_configure(device->port, queues, queues, &ready->conf);
    }
    return code;
}

static int queues_set_up(struct dpdk_device *device, const struct ready *ready)
{
    int node = rte_eth_dev_socket_id(device->port);
    int code = 0;
    for (uint16_t i = 0; i < device->queue_count && code == 0; i++) {
        code = rte_eth_rx_queue_setup(device->port, i, ready->descriptors, (unsigned)node, NULL,
                                      device->pool);
    }
    for (uint16_t i = 0; i < ready->transmit_queues && code == 0; i++) {
        code = rte_eth_tx_queue_setup(device->port, i, 0, (unsigned)node, NULL);
    }
    return code;
}

// False where the device's clock cannot be read, or stands still.
static bool stamps_clock_begin(struct dpdk_device *device)
{
    uint64_t ticks;
    if (rte_mbuf_dyn_rx_timestamp_register(&device->stamp_offset, &device->stamp_flag) != 0 ||
        rte_eth_read_clock(device->port, &ticks) != 0) {
        return false;
    }
    dpdk_clock_begin(&device->clock, ticks, clock_monotonic_us());
    clock_sleep_us(STAMP_PROBE_US);
    if (rte_eth_read_clock(device->port, &ticks) != 0 || ticks == device->clock.first_ticks) {
        return false;
    }
    dpdk_clock_set(&device->clock, ticks, clock_monotonic_us(), clock_wall_us());
    return true;
}

static void stamps_begin(struct dpdk_device *device, struct live *live, uint64_t offloads)
{
    if ((offloads & RTE_ETH_RX_OFFLOAD_TIMESTAMP) == 0) {
        return;
    }
    device->stamps = stamps_clock_begin(device);
    if (!device->stamps) {
        live_tell(live, LIVE_INFO,
                  "%s: the device's clock cannot be read; packets have the time when they were "
                  "taken from it",
                  device->name);
    }
}

static int start(struct dpdk_device *device, struct live *live, const struct live_options *options,
                 struct error *err)
{
    int code = rte_eth_dev_start(device->port);
    if (code != 0) {
        return failed(device, "the device does not start", code, err);
    }
    dpdk_beneath_begin(&device->beneath, live);
    bool own = options->promiscuous && !device->beneath.there;
    code = own ? rte_eth_promiscuous_enable(device->port) : 0;
    if (code != 0 && code != -ENOTSUP) {
        return failed(device, "promiscuous mode", code, err);
    }
    if (code == -ENOTSUP) {
        live_tell(live, LIVE_INFO, "%s knows no promiscuous mode", device->name);
    }
    rte_eth_stats_get(device->port, &device->at_open);
    return 0;
}

static bool listed(const char *const *names, const char *name)
{
    while (*names != NULL && strcmp(*names, name) != 0) {
        names++;
    }
    return *names != NULL;
}

// What the device is and how it is to be used, as far as that is known before it is configured.
static int ready_make(struct dpdk_device *device, struct ready *ready, const char *name,
                      const struct live_options *options, struct error *err)
{
    int code = rte_eth_dev_info_get(device->port, &ready->info);
    if (code != 0) {
        return failed(device, "what the device can", code, err);
    }
    device->driver = ready->info.driver_name;
    device->drops_unbuffered = listed(unbuffered_droppers, device->driver);
    device->own_buffers = dpdk_name_is_pci(name) || listed(own_pool_users, device->driver);
    conf_make(ready, name, options);
    return queues_check(device, ready, options, err);
}

static int descriptors_set(struct dpdk_device *device, struct ready *ready, struct live *live,
                           uint32_t wanted)
{
    uint16_t transmit = 0;
    ready->descriptors = (uint16_t)RTE_MIN(wanted, (uint32_t)DESCRIPTORS_MAX);
    int code = rte_eth_dev_adjust_nb_rx_tx_desc(device->port, &ready->descriptors, &transmit);
    if (code == 0 && ready->descriptors != wanted) {
        live_tell(live, LIVE_INFO, "%s: capture.ring=%u is not to be had; the device takes %u",
                  device->name, wanted, ready->descriptors);
    }
    return code;
}

static int queues_make(struct dpdk_device *device, uint16_t count, struct error *err)
{
    device->queues = aligned_alloc(RTE_CACHE_LINE_SIZE, count * sizeof(*device->queues));
    if (device->queues == NULL) {
        return error_set(err, -ENOMEM, "no memory for %u queues", count);
    }
    device->queue_count = count;
    for (uint16_t i = 0; i < count; i++) {
        dpdk_queue_init(&device->queues[i], device, i);
    }
    return 0;
}

int dpdk_device_open(struct dpdk_device *device, struct live *live, const char *name,
                     const struct live_options *options, struct error *err)
{
    struct ready ready = {0};
    int code = dpdk_port_find(device, name, err);
    if (code != 0) {
        return code;
    }
    device->opened = true;
    dpdk_log_clear();
    code = ready_make(device, &ready, name, options, err);
    if (code != 0) {
        return code;
    }
    code = configure(device, &ready, (uint16_t)options->sockets);
    if (code == 0) {
        code = descriptors_set(device, &ready, live, options->ring);
    }
    if (code != 0) {
        return failed(device, "the device cannot be configured", code, err);
    }
    code = pool_make(device, name, options, ready.descriptors, err);
    if (code == 0) {
        code = queues_make(device, (uint16_t)options->sockets, err);
    }
    if (code == 0) {
        code = dpdk_beneath_open(&device->beneath, name, options->promiscuous, err);
    }
    if (code != 0) {
        return code;
    }
    code = queues_set_up(device, &ready);
    if (code != 0) {
        return failed(device, "its queues cannot be set up", code, err);
    }
    code = start(device, live, options, err);
    if (code == 0) {
        stamps_begin(device, live, ready.conf.rxmode.offloads);
        dpdk_watch_begin(device);
        dpdk_device_tell(device, live, &ready.info, ready.descriptors,
                         ready.conf.rxmode.mq_mode == RTE_ETH_MQ_RX_RSS);
    }
    return code;
}

void dpdk_device_close(struct dpdk_device *device)
{
    if (device->opened) {
        dpdk_watch_end(device);
        (void)rte_eth_dev_stop(device->port);
        (void)rte_eth_dev_close(device->port);
    }
    dpdk_beneath_close(&device->beneath);
    rte_mempool_free(device->pool);
    free(device->queues);
}
