// SPDX-License-Identifier: Apache-2.0
// A receive queue as a source. Packets are views of the driver's buffers, which go back to the
// device's pool when the burst is released.
#include <string.h>

#include "dataplane/base/clock.h"
#include "dataplane/capture/dpdk.h"

#include <rte_ether.h>
#include <rte_lcore.h>
#include <rte_mbuf_dyn.h>

static struct dpdk_queue *queue_of(struct capture *capture)
{
    return (struct dpdk_queue *)capture;
}

static void view(struct packet *packet, const struct rte_mbuf *mbuf, int64_t time_us)
{
    *packet = (struct packet){
        .data = rte_pktmbuf_mtod(mbuf, const uint8_t *),
        .time_us = time_us,
        .captured_bytes = mbuf->data_len,
        .wire_bytes = mbuf->pkt_len,
        .link_type = LINK_ETHERNET,
    };
}

// Some devices cut the tag out of the frame although nobody asked for it. Where it does not fit
// back the packet goes without.
static void tags_restore(struct dpdk_queue *queue, struct packet *packets)
{
    for (uint16_t i = 0; i < queue->held_count; i++) {
        struct rte_mbuf *mbuf = queue->held[i];
        if ((mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0 && rte_vlan_insert(&mbuf) == 0) {
            queue->held[i] = mbuf;
            view(&packets[i], mbuf, packets[i].time_us);
            queue->given_bytes += RTE_VLAN_HLEN;
        }
    }
}

static void times_set(struct dpdk_queue *queue, struct packet *packets)
{
    struct dpdk_moment moment = dpdk_clock_now(&queue->device->clock);
    for (uint16_t i = 0; i < queue->held_count; i++) {
        struct rte_mbuf *mbuf = queue->held[i];
        if ((mbuf->ol_flags & queue->device->stamp_flag) != 0) {
            uint64_t ticks = *RTE_MBUF_DYNFIELD(mbuf, queue->device->stamp_offset, uint64_t *);
            packets[i].time_us = dpdk_moment_wall_us(&moment, ticks);
        }
    }
}

// Not zero where a buffer cannot go straight back to the pool that the queue takes its from.
static uint64_t odd(const struct rte_mbuf *mbuf)
{
    return (mbuf->ol_flags & (RTE_MBUF_F_EXTERNAL | RTE_MBUF_F_INDIRECT)) |
           (uint64_t)(mbuf->nb_segs ^ 1) | (uint64_t)(rte_mbuf_refcnt_read(mbuf) ^ 1);
}

static int queue_rx_burst(struct capture *capture, struct packet *packets, unsigned count)
{
    struct dpdk_queue *queue = queue_of(capture);
    // Pairs with the release in dpdk_watch.c: the loss is there to be read.
    bool gone = atomic_load_explicit(&queue->device->gone, memory_order_acquire);
    if (unlikely(gone && !queue->device->beneath.there)) {
        return CAPTURE_END; // the NIC was pulled: its rings are not to be touched
    }
    uint16_t received = rte_eth_rx_burst(queue->port, queue->index, queue->held, (uint16_t)count);
    queue->held_count = received;
    if (received == 0) {
        return gone ? CAPTURE_END : 0;
    }
    int64_t now_us = clock_wall_us();
    uint64_t flags = 0;
    uint64_t bytes = 0;
    uint64_t any_odd = 0;
    for (uint16_t i = 0; i < received; i++) {
        const struct rte_mbuf *mbuf = queue->held[i];
        rte_prefetch0(rte_pktmbuf_mtod(mbuf, const void *));
        view(&packets[i], mbuf, now_us);
        flags |= mbuf->ol_flags;
        any_odd |= odd(mbuf);
        bytes += mbuf->pkt_len;
    }
    queue->plain = any_odd == 0 && queue->device->own_buffers;
    queue->given += received;
    queue->given_bytes += bytes;
    if (unlikely((flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0)) {
        tags_restore(queue, packets);
    }
    if (queue->device->stamps) {
        times_set(queue, packets);
    }
    return received;
}

static void queue_release(struct capture *capture)
{
    struct dpdk_queue *queue = queue_of(capture);
    if (queue->held_count == 0) {
        return;
    }
    if (likely(queue->plain)) {
        rte_mempool_put_bulk(queue->device->pool, (void **)queue->held, queue->held_count);
    } else {
        rte_pktmbuf_free_bulk(queue->held, queue->held_count);
    }
    queue->held_count = 0;
}

// The device counts drops as a whole; they are told with its first queue. One that was pulled
// cannot be asked any more: what it told last stays, for counters never go back.
static void drops_read(struct dpdk_device *device)
{
    struct rte_eth_stats now;
    if (rte_eth_stats_get(device->port, &now) != 0) {
        return;
    }
    device->drops[CAPTURE_DROP_RING_FULL] = dpdk_beneath_ring_full(&device->beneath);
    const struct rte_eth_stats *before = &device->at_open;
    device->drops[CAPTURE_DROP_MISSED] = now.imissed - before->imissed;
    device->drops[CAPTURE_DROP_ERRORS] = now.ierrors - before->ierrors;
    if (device->drops_unbuffered) {
        device->drops[CAPTURE_DROP_NO_BUFFER] = now.rx_nombuf - before->rx_nombuf;
    }
}

static void queue_stats(const struct capture *capture, struct capture_stats *stats)
{
    const struct dpdk_queue *queue = (const struct dpdk_queue *)capture;
    *stats = (struct capture_stats){.received = queue->given, .wire_bytes = queue->given_bytes};
    if (queue->index == 0) {
        drops_read(queue->device);
        memcpy(stats->drops, queue->device->drops, sizeof(stats->drops));
    }
    for (size_t drop = 0; drop < CAPTURE_DROP_COUNT; drop++) {
        stats->received += stats->drops[drop];
    }
}

static size_t queue_losses(const struct capture *capture, const struct capture_loss **losses)
{
    const struct dpdk_queue *queue = (const struct dpdk_queue *)capture;
    *losses = &queue->device->loss;
    return atomic_load_explicit(&queue->device->gone, memory_order_acquire) && queue->index == 0;
}

// Buffer caches are kept for each lcore; a thread of our own becomes one. Where it cannot (more
// threads than DPDK knows lcores) it takes and gives buffers without a cache.
static void queue_attach(struct capture *capture)
{
    (void)capture;
    if (rte_lcore_id() == LCORE_ID_ANY) {
        (void)rte_thread_register();
    }
}

static const struct capture_ops queue_ops = {
    .name = "dpdk",
    .rx_burst = queue_rx_burst,
    .release = queue_release,
    .stats = queue_stats,
    .losses = queue_losses,
    .attach = queue_attach,
};

void dpdk_queue_init(struct dpdk_queue *queue, struct dpdk_device *device, uint16_t index)
{
    *queue = (struct dpdk_queue){
        .base = {&queue_ops}, .device = device, .port = device->port, .index = index};
}
