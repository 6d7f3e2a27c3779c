// SPDX-License-Identifier: Apache-2.0
// The fast path: Ethernet, IPv4 without options or fragments, TCP or UDP. It knows of rare things
// only enough to leave them to the walk, which starts over from the first octet; what it writes it
// writes with the walk's own helpers, and a test holds the two against each other.
#include "dataplane/parse/parse.h"

#include "dataplane/parse/fill.h"
#include "dataplane/parse/walk.h"

enum {
    IPV4_AT = 14,
    TRANSPORT_AT = IPV4_AT + 20,
    FAST_BYTES = TRANSPORT_AT + TCP_HEADER_BYTES, // the few UDP frames that are shorter can walk
    UDP_BYTES = 8,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    ETHERTYPE_IPV4 = 0x0800,
    IPV4_NO_OPTIONS = 0x45,    // version 4, a header of five words
    IPV4_IS_FRAGMENT = 0x3fff, // more to come, or an offset
};

static inline void fast_fill(const struct packet *packet, const uint8_t *frame, uint32_t ip_bytes,
                             uint32_t ports, uint8_t protocol, uint16_t flags, struct facts *facts)
{
    const uint8_t *ip = frame + IPV4_AT;

    facts->key.vni_protocol = protocol;
    facts->key.scope = 0;
    facts->time_us = packet->time_us;
    facts->bytes = ip_bytes;
    facts->wire_bytes = packet->wire_bytes;
    facts->flags = flags;
    facts->ttl = ip[8];
    facts->tos = ip[1];
    fill_macs(facts, frame);
    // Last: it needs the most registers.
    facts->direction = fill_ends_ipv4(&facts->key, ip + 12, ports);
}

static inline void fast_tcp_options(const uint8_t *tcp, uint32_t header_bytes, struct facts *facts)
{
    // NOP, NOP, TIMESTAMP: nearly every segment that has options at all has these.
    enum { STAMPED_BYTES = 32, STAMPED = 0x0101080a, STAMPED_KINDS = 1 << 1 | 1 << 8 };

    if (header_bytes == TCP_HEADER_BYTES) {
        facts->tcp_options = 0;
    } else if (header_bytes == STAMPED_BYTES && load_be32(tcp + TCP_HEADER_BYTES) == STAMPED) {
        facts->tcp_options = STAMPED_KINDS;
    } else {
        fill_tcp_options(facts, tcp + TCP_HEADER_BYTES, header_bytes - TCP_HEADER_BYTES);
    }
}

enum parse_reject parse_packet(const struct packet *packet, const struct parse_options *options,
                               struct facts *facts)
{
    const uint8_t *frame = packet->data;
    const uint8_t *ip = frame + IPV4_AT;
    const uint8_t *transport = frame + TRANSPORT_AT;

    if (packet->link_type != LINK_ETHERNET || packet->captured_bytes < FAST_BYTES ||
        load_be16(frame + 12) != ETHERTYPE_IPV4 || ip[0] != IPV4_NO_OPTIONS ||
        (load_be16(ip + 6) & IPV4_IS_FRAGMENT) != 0) {
        return walk_packet(packet, options, facts);
    }
    // Where a length is too small its difference wraps and is too large.
    const uint32_t ip_bytes = load_be16(ip + 2);
    const uint32_t segment_bytes = ip_bytes - (TRANSPORT_AT - IPV4_AT);
    if (segment_bytes > packet->wire_bytes - TRANSPORT_AT) {
        return walk_packet(packet, options, facts);
    }
    const uint32_t captured = packet->captured_bytes - TRANSPORT_AT;
    const uint32_t ports = load_be32(transport);
    if (ip[9] == PROTOCOL_TCP) {
        const uint32_t header_bytes = tcp_header_bytes(transport);
        if (header_bytes - TCP_HEADER_BYTES > captured - TCP_HEADER_BYTES ||
            header_bytes > segment_bytes) {
            return walk_packet(packet, options, facts);
        }
        fill_payload(facts, transport, header_bytes, segment_bytes, captured);
        fast_fill(packet, frame, ip_bytes, ports, PROTOCOL_TCP, FACTS_MAC | FACTS_TCP, facts);
        fill_tcp(facts, transport, segment_bytes - header_bytes);
        fast_tcp_options(transport, header_bytes, facts);
        return PARSE_OK;
    }
    if (ip[9] != PROTOCOL_UDP || segment_bytes < UDP_BYTES ||
        udp_port_is_tunnel((uint16_t)(ports >> 16)) || udp_port_is_tunnel((uint16_t)ports)) {
        return walk_packet(packet, options, facts);
    }
    fill_payload(facts, transport, UDP_BYTES, segment_bytes, captured);
    fast_fill(packet, frame, ip_bytes, ports, PROTOCOL_UDP, FACTS_MAC, facts);
    return PARSE_OK;
}
