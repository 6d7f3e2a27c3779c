// SPDX-License-Identifier: Apache-2.0
// A captured frame as a source hands it to the parser: a view, never a copy.
#ifndef WEIR_PACKET_PACKET_H
#define WEIR_PACKET_PACKET_H

#include <stdint.h>

// What the first octet of a frame is. A capture source maps its own numbers (DLT_*, ARPHRD_*) to
// these; the parser knows no others.
enum link_type {
    LINK_ETHERNET,
    LINK_RAW_IP,    // an IPv4 or IPv6 header, told apart by its version nibble
    LINK_LINUX_SLL, // Linux cooked capture v1
    LINK_LINUX_SLL2,
    LINK_NULL, // BSD loopback: address family in the byte order of the capturing host
    LINK_LOOP, // OpenBSD loopback: address family in network byte order
    LINK_PPP,  // with or without the HDLC-like ff 03
    LINK_CISCO_HDLC,
    LINK_UNSUPPORTED, // the frame is counted and rejected by name
    LINK_TYPE_COUNT,
};

// How many interfaces of a source are told apart: the last number is that of all further ones, too.
enum { PACKET_INTERFACES = 16 };

struct packet {
    const uint8_t *data;     // owned by the source until the burst is released
    int64_t time_us;         // since the epoch
    uint32_t captured_bytes; // octets at data
    uint32_t wire_bytes;     // octets the frame had on the wire, without FCS; >= captured_bytes
    uint8_t link_type;       // enum link_type
    uint8_t interface;       // below PACKET_INTERFACES; 0 where the source has but one
};

#endif
