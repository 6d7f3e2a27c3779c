// SPDX-License-Identifier: Apache-2.0
// Frames written as text, so that a case is one row of a table:
//
//     "@eth 8100 0064 0800 @a4:11 @udp @data:10"
//
// Words are octets in hex, or one of:
//   @eth            destination and source MAC; the ethertype follows as hex
//   @ip4:PP[,F[,I]] outer IPv4 header: protocol, fragment word, identification, all in hex
//   @ip6:PP         outer IPv6 header: next header
//   @a4:PP[,F[,I]] @a6:PP   the same for the flow under test, between its own addresses
//   @tcp @udp       headers between the flow's ports
//   @udp:S,D        a UDP header between these ports (decimal)
//   @len:N          two octets of length, of what follows after N octets
//   @data:N         N octets of payload
//   @end            IP, UDP and @len lengths end here: what follows is a trailer
#ifndef WEIR_TESTS_FRAME_TEXT_H
#define WEIR_TESTS_FRAME_TEXT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    FRAME_OUTER_TTL = 61,
    FRAME_OUTER_TOS = 0x10,
    FRAME_FLOW_TTL = 64,
    FRAME_FLOW_TOS = 0xb8,
    FRAME_FLOW_SOURCE_PORT = 1000,
    FRAME_FLOW_DESTINATION_PORT = 2000,
};

// Source and destination, as in the headers.
extern const uint8_t frame_outer_ipv4[8], frame_outer_ipv6[32];
extern const uint8_t frame_flow_ipv4[8], frame_flow_ipv6[32];
extern const uint8_t frame_macs[12]; // destination, source

struct frame {
    uint8_t octets[4096];
    uint32_t bytes;
    bool swapped; // the flow goes the other way
    struct {
        uint32_t at;   // where the length goes
        uint32_t from; // what it counts from
    } lengths[32];
    unsigned length_count;
};

// Appends `text`; fails the running test where it is wrong.
void frame_append(struct frame *frame, const char *text);

// Fills in the lengths that are still open.
void frame_end(struct frame *frame);

#endif
