// SPDX-License-Identifier: Apache-2.0
// Writes parts of struct facts. Shared by the fast path and the walk, so that both tell the same.
#ifndef WEIR_PARSE_FILL_H
#define WEIR_PARSE_FILL_H

#include <stdbool.h>
#include <stddef.h>

#include "dataplane/packet/facts.h"
#include "dataplane/parse/octets.h"

// One store for each half of the key's address: what hashes the key at once would have to wait for
// smaller ones.
static inline void fill_address_ipv4(uint8_t to[16], uint32_t address)
{
    const uint32_t words[2] = {address, 0};
    memcpy(to, words, sizeof(words));
    memset(to + sizeof(words), 0, 16 - sizeof(words));
}

// Puts the ends in order and returns the direction. `addresses` and `ports`: source, destination,
// as headers have them. Which end is the lower is a toss-up, so the swap is arithmetic and no
// branch.
static inline uint8_t fill_ends_ipv4(struct flow_key *key, const uint8_t *addresses, uint32_t ports)
{
    uint32_t source, destination;
    memcpy(&source, addresses, sizeof(source));
    memcpy(&destination, addresses + sizeof(source), sizeof(destination));
    uint32_t swapped = be32toh(source) > be32toh(destination);
    if (__builtin_expect(source == destination, 0)) {
        swapped = ports >> 16 > (ports & 0xffff);
    }
    const uint32_t exchange = (source ^ destination) & -swapped;
    fill_address_ipv4(key->address[0], source ^ exchange);
    fill_address_ipv4(key->address[1], destination ^ exchange);
    const unsigned turn = ~swapped << 4 & 16; // brings the lower end's port to the lower half
    const uint32_t ordered = ports << turn | ports >> (-turn & 31);
    key->port[0] = (uint16_t)ordered;
    key->port[1] = (uint16_t)(ordered >> 16);
    return (uint8_t)swapped;
}

static inline uint8_t fill_ends_ipv6(struct flow_key *key, const uint8_t *addresses, uint32_t ports)
{
    const uint8_t *source = addresses, *destination = addresses + 16;
    const int order = memcmp(source, destination, 16);
    const unsigned swapped = order != 0 ? order > 0 : ports >> 16 > (ports & 0xffff);
    memcpy(key->address[swapped], source, 16);
    memcpy(key->address[swapped ^ 1], destination, 16);
    key->port[swapped] = (uint16_t)(ports >> 16);
    key->port[swapped ^ 1] = (uint16_t)ports;
    return (uint8_t)swapped;
}

static_assert(offsetof(struct facts, source_mac) == offsetof(struct facts, destination_mac) + 6,
              "both are copied at once");

static inline void fill_macs(struct facts *facts, const uint8_t *ethernet)
{
    memcpy((uint8_t *)facts + offsetof(struct facts, destination_mac), ethernet, 12);
}

enum { TCP_HEADER_BYTES = 20, TCP_FIN = 0x01, TCP_SYN = 0x02 };

// Fills tcp_options from octets[0 .. bytes), as far as they are well formed.
void fill_tcp_options(struct facts *facts, const uint8_t *octets, uint32_t bytes);

static inline uint32_t tcp_header_bytes(const uint8_t *tcp)
{
    return (tcp[12] & 0xf0u) >> 2; // counted in words in the upper half
}

// `payload_bytes`: of the segment as the IP header tells. tcp_options are left to others.
static inline void fill_tcp(struct facts *facts, const uint8_t *tcp, uint32_t payload_bytes)
{
    const uint8_t tcp_flags = tcp[13];
    facts->tcp_sequence = load_be32(tcp + 4);
    facts->tcp_flags = tcp_flags;
    facts->tcp_length =
        payload_bytes + (uint32_t)__builtin_popcount(tcp_flags & (TCP_FIN | TCP_SYN));
}

// `segment_bytes`, `captured`: octets from the header on, in the packet and at hand; the latter can
// be more, by padding, or less.
static inline void fill_payload(struct facts *facts, const uint8_t *header, uint32_t header_bytes,
                                uint32_t segment_bytes, uint32_t captured)
{
    const uint32_t end = header_bytes + sizeof(facts->payload);
    uint64_t payload = 0;
    if (segment_bytes >= end && captured >= end) {
        memcpy(&payload, header + header_bytes, sizeof(payload));
    }
    facts->payload = payload;
}

#endif
