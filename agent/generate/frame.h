// SPDX-License-Identifier: Apache-2.0
// Frames: Ethernet, IP and transport headers around a payload that already stands in its place.
#ifndef WEIR_GENERATE_FRAME_H
#define WEIR_GENERATE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "agent/generate/address.h"

enum {
    FRAME_MAX = 1600, // room for any frame, with some to spare
    FRAME_MTU = 1500,
    FRAME_TUNNEL = 36, // IPv4, UDP and GTP-U around what is in a tunnel
    TCP_FIN = 1,
    TCP_SYN = 2,
    TCP_RST = 4,
    TCP_PSH = 8,
    TCP_ACK = 16,
    PROTOCOL_ICMP = 1,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_ICMP6 = 58,
};

// Where a packet comes from and goes to.
struct frame_ends {
    struct address source;
    struct address destination; // of the same family
    uint16_t source_port;       // of ICMP: the identifier
    uint16_t destination_port;  // of ICMP: the sequence number
    uint16_t id;                // of the IP header
    uint8_t ttl;
};

struct frame_tcp {
    uint32_t sequence;
    uint32_t acknowledged;
    uint8_t flags; // with TCP_SYN the header has options
};

struct frame_tunnel {
    struct address source; // IPv4
    struct address destination;
    uint32_t teid;
};

// The part of a checksum that octets make up: to be added to other parts, in any order, if each
// begins at an even place. Independent of the CPU's byte order.
uint32_t frame_sum(const uint8_t *octets, size_t count);

// Where the payload of a packet stands in its frame.
unsigned frame_payload_offset(bool is_v6, uint8_t protocol, uint8_t tcp_flags, bool tunnelled);

// All write what stands before the payload and return the frame's length. `sum` is the payload's
// frame_sum. The payload of ICMP is that of an echo.
unsigned frame_write_tcp(uint8_t *frame, const struct frame_ends *ends, const struct frame_tcp *tcp,
                         unsigned length, uint32_t sum);
unsigned frame_write_udp(uint8_t *frame, const struct frame_ends *ends, unsigned length,
                         uint32_t sum);
unsigned frame_write_echo(uint8_t *frame, const struct frame_ends *ends, bool is_reply,
                          unsigned length, uint32_t sum);

// Puts a frame whose IP packet stands FRAME_TUNNEL octets further into the tunnel.
unsigned frame_write_tunnel(uint8_t *frame, const struct frame_tunnel *tunnel, unsigned ip_length);

// Writes an IPv4 or IPv6 packet where no Ethernet header is: at `ip`; returns the packet's length.
unsigned frame_write_tcp_packet(uint8_t *ip, const struct frame_ends *ends,
                                const struct frame_tcp *tcp, unsigned length, uint32_t sum);

#endif
