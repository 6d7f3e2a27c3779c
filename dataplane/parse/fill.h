// SPDX-License-Identifier: Apache-2.0
// Writes parts of struct facts. Shared by the fast path and the walk, so that both tell the same.
#ifndef WEIR_PARSE_FILL_H
#define WEIR_PARSE_FILL_H

#include <stdbool.h>

#include "dataplane/packet/facts.h"
#include "dataplane/parse/octets.h"

// An endpoint as a number: address, then port.
static inline uint64_t endpoint_ipv4(const uint8_t *address, uint16_t port)
{
    return (uint64_t)load_be32(address) << 16 | port;
}

// One store for each half: what hashes the key at once would wait for smaller ones to settle.
static inline void fill_address_ipv4(uint8_t to[16], uint64_t endpoint)
{
    const uint32_t words[4] = {htobe32((uint32_t)(endpoint >> 16))};
    memcpy(to, words, sizeof(words));
}

// Orders the ends and returns the direction. Without a branch: which end is the lower is a toss-up.
static inline uint8_t fill_ends_ipv4(struct flow_key *key, uint64_t source, uint64_t destination)
{
    const bool swapped = source > destination;
    const uint64_t low = swapped ? destination : source;
    const uint64_t high = swapped ? source : destination;
    fill_address_ipv4(key->address[0], low);
    fill_address_ipv4(key->address[1], high);
    key->port[0] = (uint16_t)low;
    key->port[1] = (uint16_t)high;
    return swapped;
}

static inline uint8_t fill_ends_ipv6(struct flow_key *key, const uint8_t *source,
                                     uint16_t source_port, const uint8_t *destination,
                                     uint16_t destination_port)
{
    const int order = memcmp(source, destination, 16);
    const unsigned swapped = order != 0 ? order > 0 : source_port > destination_port;
    memcpy(key->address[swapped], source, 16);
    memcpy(key->address[swapped ^ 1], destination, 16);
    key->port[swapped] = source_port;
    key->port[swapped ^ 1] = destination_port;
    return (uint8_t)swapped;
}

static inline void fill_macs(struct facts *facts, const uint8_t *ethernet)
{
    memcpy(facts->destination_mac, ethernet, 6);
    memcpy(facts->source_mac, ethernet + 6, 6);
}

enum { TCP_HEADER_BYTES = 20, TCP_FIN = 0x01, TCP_SYN = 0x02 };

// Bits of the option kinds in octets[0 .. bytes), as far as they are well formed.
uint64_t tcp_options_read(const uint8_t *octets, uint32_t bytes);

static inline uint32_t tcp_header_bytes(const uint8_t *tcp)
{
    return (uint32_t)(tcp[12] >> 4) * 4;
}

// What nearly every segment has: no options, or NOP NOP TIMESTAMP.
static inline uint64_t tcp_options(const uint8_t *tcp, uint32_t header_bytes)
{
    if (header_bytes == TCP_HEADER_BYTES) {
        return 0;
    }
    if (header_bytes == 32 && load_be32(tcp + 20) == 0x0101080a) {
        return 1 << 1 | 1 << 8;
    }
    return tcp_options_read(tcp + TCP_HEADER_BYTES, header_bytes - TCP_HEADER_BYTES);
}

// `payload_bytes`: of the segment as the IP header tells.
static inline void fill_tcp(struct facts *facts, const uint8_t *tcp, uint32_t payload_bytes,
                            uint64_t options)
{
    const uint8_t tcp_flags = tcp[13];
    facts->tcp_sequence = load_be32(tcp + 4);
    facts->tcp_flags = tcp_flags;
    facts->tcp_length = payload_bytes + (tcp_flags & TCP_FIN) + ((tcp_flags & TCP_SYN) >> 1);
    facts->tcp_options = options;
}

#endif
