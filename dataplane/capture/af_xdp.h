// SPDX-License-Identifier: Apache-2.0
// What the files of the AF_XDP source share. Nobody else includes it.
#ifndef WEIR_CAPTURE_AF_XDP_H
#define WEIR_CAPTURE_AF_XDP_H

#include <stdatomic.h>

#include "dataplane/capture/interface.h"
#include "dataplane/capture/live.h"
#include "dataplane/capture/xdp_steer.h"

// One receive queue; its tap or take begins with this.
struct af_xdp_queue {
    struct capture capture;
    const struct xdp_steer *steer;
    unsigned number;

    // Of the program, before the queue was there: while the filter was still incomplete.
    uint64_t packets_before[STEER_CAUSES];
    uint64_t bytes_before[STEER_CAUSES];

    // The reading thread's.
    uint64_t given;
    uint64_t given_bytes;

    // The first queue of an interface counts what the NIC missed, with sockets of its own.
    bool asks_interface;
    struct interface interface;
    uint64_t missed_before; // the NIC's counter at the beginning
    uint64_t missed;

    // Written by the watching thread, the loss before `gone` is set (release).
    atomic_bool gone;
    struct capture_loss loss;
};

// Fills what all queues have. `first`: of its interface. Returns 0, or a negative errno with a
// message.
int af_xdp_queue_init(struct af_xdp_queue *queue, const struct capture_ops *ops,
                      const struct xdp_steer *steer, const struct interface *interface,
                      unsigned number, bool first, struct error *err);
void af_xdp_queue_fini(struct af_xdp_queue *queue);

// For ops->stats and ops->losses: all but what only a tap or a take knows.
void af_xdp_queue_stats(struct af_xdp_queue *queue, struct capture_stats *stats);
size_t af_xdp_queue_losses(const struct capture *capture, const struct capture_loss **losses);

// No packet is there: CAPTURE_END where none will come any more, else 0.
static inline int af_xdp_queue_idle(const struct af_xdp_queue *queue)
{
    return atomic_load_explicit(&queue->gone, memory_order_acquire) ? CAPTURE_END : 0;
}

enum {
    // What a frame of the UMEM (4096 octets) has room for, besides what the kernel leaves free
    // before each packet (256), the Ethernet header and two VLAN tags.
    AF_XDP_TAKE_MTU = 4096 - 256 - 14 - 2 * 4,
};

struct af_xdp_take_result {
    bool zero_copy;
    bool pieces; // frames larger than a buffer come in several
};

// Open a queue, put it into the program's maps and set *queue; or a negative errno with a message.
// `mtu`: the interface's.
int af_xdp_take_open(struct af_xdp_queue **queue, const struct xdp_steer *steer,
                     const struct interface *interface, unsigned number, bool first, unsigned mtu,
                     const struct live_options *options, struct af_xdp_take_result *result,
                     struct error *err);
int af_xdp_tap_open(struct af_xdp_queue **queue, const struct xdp_steer *steer,
                    const struct interface *interface, unsigned number, bool first,
                    const struct live_options *options, struct error *err);

#endif
