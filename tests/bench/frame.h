// SPDX-License-Identifier: Apache-2.0
// The bytes of one packet of a benchmark's traffic: whole, with lengths and checksums that hold.
#ifndef WEIR_BENCH_FRAME_H
#define WEIR_BENCH_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "tests/bench/traffic.h"

enum { FRAME_MAX = 80 };

// Whose flows these are.
struct frame_hosts {
    uint64_t flows;        // alive at once: a client has about 8 of them, a server 128
    unsigned ipv6_percent; // of the flows; the others are IPv4
};

// Writes the frame, without FCS, and returns its length: 60 octets for IPv4; for IPv6 80, or 74
// where the segment is empty. `frame` has room for FRAME_MAX.
size_t frame_build(uint8_t *frame, const struct frame_hosts *hosts, const struct turn *turn);

#endif
