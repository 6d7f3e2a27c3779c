// SPDX-License-Identifier: Apache-2.0
// One AF_PACKET socket as a source: a ring of blocks that the kernel fills with packets and that
// are given out where they lie.
#ifndef WEIR_CAPTURE_AF_PACKET_QUEUE_H
#define WEIR_CAPTURE_AF_PACKET_QUEUE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "dataplane/capture/capture.h"
#include "dataplane/capture/interface.h"

enum {
    // A frame of 64 KiB fits, whatever stands before it. A block that is not full comes after
    // AF_PACKET_BLOCK_MS, and then counts for one all the same: small blocks hold more time.
    AF_PACKET_BLOCK_BYTES = 128 << 10,
    AF_PACKET_BLOCK_MS = 4,
};

// What the sockets of one interface share.
struct af_packet_port {
    struct interface interface;
    struct interface_link link; // as it was found last
    uint8_t link_type;
    enum interface_stamps stamps;
    atomic_bool gone; // set by the agent's thread, read by those of the queues
};

struct af_packet_queue {
    struct capture base;

    // Where the reader is. Blocks given out and not given back are those before `block`.
    uint8_t *ring;
    uint32_t block_count;
    uint32_t block;
    uint32_t blocks_out;
    uint32_t packets_left; // in `block`; 0: not begun
    uint8_t *at;           // the next packet's header

    struct af_packet_port *port;
    uint8_t link_type; // the port's
    int64_t last_us;
    struct capture_stats stats;

    int fd;
    bool counts_missed; // of its interface's sockets, one does
    uint64_t missed_before;
    struct interface nic;  // where it does: for its thread alone
    int64_t quiet_from_us; // nothing came since, and the interface is gone; 0: it is not
    struct capture_loss loss;
};

extern const struct capture_ops af_packet_queue_ops;

#endif
