// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/af_packet_queue.h"

#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "dataplane/base/clock.h"

enum {
    MAC_ADDRESSES_BYTES = 12,
    VLAN_TAG_BYTES = 4,
    ETHERTYPE_VLAN = 0x8100,

    // Of an interface that is gone: by then its last block has come.
    LAST_BLOCK_US = 10 * AF_PACKET_BLOCK_MS * 1000,
};

static inline struct tpacket_block_desc *block_at(const struct af_packet_queue *queue,
                                                  uint32_t index)
{
    return (struct tpacket_block_desc *)(queue->ring + (size_t)index * AF_PACKET_BLOCK_BYTES);
}

static void blocks_return(struct af_packet_queue *queue)
{
    for (; queue->blocks_out > 0; queue->blocks_out--) {
        uint32_t index =
            (queue->block + queue->block_count - queue->blocks_out) % queue->block_count;
        // Pairs with the kernel's reading the status: it must not write before we are done.
        __atomic_store_n(&block_at(queue, index)->hdr.bh1.block_status, TP_STATUS_KERNEL,
                         __ATOMIC_RELEASE);
    }
}

// Begins the block that comes next; false where the kernel still has it. A block that is out reads
// as the user's, too: hence the count.
static bool block_begin(struct af_packet_queue *queue)
{
    const struct tpacket_hdr_v1 *block = &block_at(queue, queue->block)->hdr.bh1;
    if (queue->blocks_out == queue->block_count ||
        (__atomic_load_n(&block->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0) {
        return false;
    }
    queue->at = (uint8_t *)block_at(queue, queue->block) + block->offset_to_first_pkt;
    queue->packets_left = block->num_pkts;
    return true;
}

static void block_end(struct af_packet_queue *queue)
{
    queue->block = queue->block + 1 == queue->block_count ? 0 : queue->block + 1;
    queue->blocks_out++;
}

// The kernel takes the outermost tag out of the frame. PACKET_RESERVE left room before it.
static void vlan_put_back(struct packet *packet, uint8_t *frame, const struct tpacket3_hdr *header)
{
    uint16_t type = (header->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? header->hv1.tp_vlan_tpid
                                                                         : ETHERTYPE_VLAN;
    uint16_t tag = (uint16_t)header->hv1.tp_vlan_tci;
    uint8_t *begin = frame - VLAN_TAG_BYTES;
    memmove(begin, frame, MAC_ADDRESSES_BYTES);
    begin[MAC_ADDRESSES_BYTES] = (uint8_t)(type >> 8);
    begin[MAC_ADDRESSES_BYTES + 1] = (uint8_t)type;
    begin[MAC_ADDRESSES_BYTES + 2] = (uint8_t)(tag >> 8);
    begin[MAC_ADDRESSES_BYTES + 3] = (uint8_t)tag;
    packet->data = begin;
    packet->captured_bytes += VLAN_TAG_BYTES;
    packet->wire_bytes += VLAN_TAG_BYTES;
}

// Linux's ppp* give bare IP, other drivers of that type the PPP header before it. It does not begin
// like IP: ff 03, or a protocol's number, 00 21 or 21 for IP itself.
static uint8_t ppp_link_type(const struct packet *packet)
{
    unsigned version = packet->captured_bytes > 0 ? packet->data[0] >> 4 : 0;
    return version == 4 || version == 6 ? LINK_RAW_IP : LINK_PPP;
}

static inline void packet_take(struct af_packet_queue *queue, struct packet *packet)
{
    const struct tpacket3_hdr *header = (const struct tpacket3_hdr *)queue->at;
    uint8_t *frame = queue->at + header->tp_mac;
    packet->data = frame;
    packet->time_us = (int64_t)header->tp_sec * 1000000 + header->tp_nsec / 1000;
    packet->captured_bytes = header->tp_snaplen;
    packet->wire_bytes = header->tp_len;
    packet->link_type = queue->link_type;
    if ((header->tp_status & TP_STATUS_VLAN_VALID) != 0 &&
        header->tp_snaplen >= MAC_ADDRESSES_BYTES) {
        vlan_put_back(packet, frame, header);
    }
    if (packet->link_type == LINK_PPP) {
        packet->link_type = ppp_link_type(packet);
    }
    queue->at += header->tp_next_offset;
    __builtin_prefetch(queue->at);
}

static void packet_count(struct af_packet_queue *queue, const struct packet *packet)
{
    queue->stats.received++;
    queue->stats.wire_bytes += packet->wire_bytes;
    if (packet->link_type == LINK_UNSUPPORTED) {
        queue->stats.drops[CAPTURE_DROP_LINK_TYPE]++;
        return;
    }
    queue->stats.unordered += packet->time_us < queue->last_us;
    queue->last_us = packet->time_us;
}

// A queue of an interface that is gone.
static int queue_end(struct af_packet_queue *queue)
{
    int64_t now_us = clock_monotonic_us();
    if (queue->quiet_from_us == 0) {
        queue->quiet_from_us = now_us;
    }
    if (now_us - queue->quiet_from_us < LAST_BLOCK_US) {
        return 0;
    }
    if (queue->loss.cause[0] == '\0') {
        snprintf(queue->loss.file, sizeof(queue->loss.file), "%s", queue->port->interface.name);
        snprintf(queue->loss.detail, sizeof(queue->loss.detail),
                 "the interface was removed, or moved to another network namespace; start weir "
                 "again when it is back");
        strcpy(queue->loss.cause, "detached");
    }
    return CAPTURE_END;
}

static int queue_rx_burst(struct capture *capture, struct packet *packets, unsigned count)
{
    struct af_packet_queue *queue = (struct af_packet_queue *)capture;
    unsigned filled = 0;
    blocks_return(queue); // where nothing was given out of them
    while (filled < count && (queue->packets_left > 0 || block_begin(queue))) {
        for (; filled < count && queue->packets_left > 0; queue->packets_left--) {
            struct packet *packet = &packets[filled];
            packet_take(queue, packet);
            packet_count(queue, packet);
            filled += packet->link_type != LINK_UNSUPPORTED;
        }
        if (queue->packets_left == 0) {
            block_end(queue);
        }
    }
    if (filled == 0 && atomic_load_explicit(&queue->port->gone, memory_order_relaxed)) {
        return queue_end(queue);
    }
    return (int)filled;
}

static void queue_release(struct capture *capture)
{
    blocks_return((struct af_packet_queue *)capture);
}

// What the NIC had no room for since the last time.
static uint64_t missed_take(struct af_packet_queue *queue)
{
    struct interface_link link;
    if (!queue->counts_missed || interface_link_read(&queue->nic, &link) != 0) {
        return 0;
    }
    uint64_t before = queue->missed_before;
    queue->missed_before = link.rx_missed;
    return link.rx_missed > before ? link.rx_missed - before : 0; // a driver may begin again at 0
}

// The kernel's own count of packets is of those that it put into the ring, of which some have not
// been given out yet; so only its count of drops is taken. It begins anew with each call.
static void queue_stats(const struct capture *capture, struct capture_stats *stats)
{
    struct af_packet_queue *queue = (struct af_packet_queue *)capture;
    struct tpacket_stats_v3 kernel = {0};
    socklen_t size = sizeof(kernel);
    if (getsockopt(queue->fd, SOL_PACKET, PACKET_STATISTICS, &kernel, &size) != 0) {
        kernel.tp_drops = 0;
    }
    uint64_t missed = missed_take(queue);
    queue->stats.drops[CAPTURE_DROP_RING_FULL] += kernel.tp_drops;
    queue->stats.drops[CAPTURE_DROP_MISSED] += missed;
    queue->stats.received += kernel.tp_drops + missed;
    *stats = queue->stats;
}

static size_t queue_losses(const struct capture *capture, const struct capture_loss **losses)
{
    const struct af_packet_queue *queue = (const struct af_packet_queue *)capture;
    *losses = &queue->loss;
    return queue->loss.cause[0] != '\0';
}

static void queue_close(struct capture *capture)
{
    (void)capture; // goes with live_close
}

const struct capture_ops af_packet_queue_ops = {
    "af_packet", queue_rx_burst, queue_release, queue_stats, queue_losses, queue_close,
};
