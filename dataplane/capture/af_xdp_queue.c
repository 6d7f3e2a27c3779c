// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/af_xdp.h"

int af_xdp_queue_init(struct af_xdp_queue *queue, const struct capture_ops *ops,
                      const struct xdp_steer *steer, const struct interface *interface,
                      unsigned number, bool first, struct error *err)
{
    *queue = (struct af_xdp_queue){.capture = {ops}, .steer = steer, .number = number};
    atomic_init(&queue->gone, false);
    for (enum steer_cause cause = 0; cause < STEER_CAUSES; cause++) {
        queue->packets_before[cause] = xdp_steer_packets(steer, number, cause);
        queue->bytes_before[cause] = xdp_steer_bytes(steer, number, cause);
    }
    if (!first) {
        return 0;
    }
    int code = interface_open(&queue->interface, interface->name, err);
    if (code != 0) {
        return code;
    }
    queue->asks_interface = true;
    struct interface_link link;
    if (interface_link_read(&queue->interface, &link) == 0) {
        queue->missed_before = link.rx_missed;
    }
    return 0;
}

void af_xdp_queue_fini(struct af_xdp_queue *queue)
{
    if (queue->asks_interface) {
        interface_close(&queue->interface);
    }
}

static void missed_read(struct af_xdp_queue *queue)
{
    struct interface_link link;
    if (!queue->asks_interface || interface_link_read(&queue->interface, &link) != 0) {
        return; // what was known last stays
    }
    if (link.rx_missed < queue->missed_before + queue->missed) {
        queue->missed_before = link.rx_missed - queue->missed; // a driver that began anew
    }
    queue->missed = link.rx_missed - queue->missed_before;
}

void af_xdp_queue_stats(struct af_xdp_queue *queue, struct capture_stats *stats)
{
    static const enum capture_drop drop_of[STEER_CAUSES] = {
        [STEER_RING_FULL] = CAPTURE_DROP_RING_FULL,
        [STEER_FILTERED] = CAPTURE_DROP_FILTERED,
        [STEER_SAMPLED_OUT] = CAPTURE_DROP_SAMPLED_OUT,
    };
    missed_read(queue);
    *stats = (struct capture_stats){.wire_bytes = queue->given_bytes};
    for (enum steer_cause cause = 0; cause < STEER_CAUSES; cause++) {
        stats->drops[drop_of[cause]] =
            xdp_steer_packets(queue->steer, queue->number, cause) - queue->packets_before[cause];
        stats->wire_bytes +=
            xdp_steer_bytes(queue->steer, queue->number, cause) - queue->bytes_before[cause];
    }
    stats->drops[CAPTURE_DROP_MISSED] = queue->missed;
    stats->received = queue->given;
    for (unsigned drop = 0; drop < CAPTURE_DROP_COUNT; drop++) {
        stats->received += stats->drops[drop];
    }
}

size_t af_xdp_queue_losses(const struct capture *capture, const struct capture_loss **losses)
{
    const struct af_xdp_queue *queue = (const struct af_xdp_queue *)capture;
    *losses = &queue->loss;
    return atomic_load_explicit(&queue->gone, memory_order_acquire) ? 1 : 0;
}
