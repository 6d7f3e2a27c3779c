// SPDX-License-Identifier: Apache-2.0
// Ethernet frames that a source in memory gives out.
#ifndef WEIR_TESTS_WORKER_FRAME_H
#define WEIR_TESTS_WORKER_FRAME_H

#include <stdbool.h>
#include <stdint.h>

enum { FRAME_BYTES_MAX = 64, FRAME_LATER = 185 }; // FRAME_LATER: a fragment offset, in 8 octets

enum frame_kind {
    FRAME_PACKET,
    FRAME_FRAGMENT_FIRST,
    FRAME_FRAGMENT_LATER,
    FRAME_ARP,     // a reject
    FRAME_CUT,     // another: captured up to the middle of its IP header
    FRAME_DROPPED, // the source counts it and does not hand it out
};

struct frame_spec {
    enum frame_kind kind;
    int64_t time_us;
    uint32_t flow;     // its number is in addresses and ports
    uint8_t protocol;  // TCP or UDP
    uint8_t direction; // 0: from the lower endpoint
    uint8_t tcp_flags;
    uint16_t identification; // of fragments
    uint16_t payload_bytes;  // on the wire; none of them is captured
};

struct frame {
    int64_t time_us;
    bool dropped;
    uint32_t captured_bytes, wire_bytes;
    uint8_t data[FRAME_BYTES_MAX];
};

void frame_make(struct frame *frame, const struct frame_spec *spec);

#endif
