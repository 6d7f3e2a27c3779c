// SPDX-License-Identifier: Apache-2.0
// The fast path: Ethernet, IPv4 without options or fragments, TCP or UDP. It knows of rare things
// only enough to leave them to the walk, which starts over from the first octet; what it writes it
// writes with the walk's own helpers, and a test holds the two against each other.
#include "dataplane/parse/parse.h"

#include "dataplane/parse/fill.h"
#include "dataplane/parse/walk.h"

enum {
    ETHERNET_BYTES = 14,
    IPV4_BYTES = 20,
    IPV4_AT = ETHERNET_BYTES,
    TRANSPORT_AT = IPV4_AT + IPV4_BYTES,
    UDP_BYTES = 8,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
};

#define ETHERTYPE_IPV4   UINT16_C(0x0800)
#define IPV4_NO_OPTIONS  0x45             // version 4, header of five words
#define IPV4_IS_FRAGMENT UINT16_C(0x3fff) // more to come, or an offset

// No tunnel's port lies outside; nearly all others do.
static inline bool udp_port_is_suspect(uint16_t port)
{
    return (uint16_t)(port - UDP_TUNNEL_PORT_MIN) <= UDP_TUNNEL_PORT_MAX - UDP_TUNNEL_PORT_MIN;
}

static inline bool udp_is_tunnel(uint16_t source_port, uint16_t destination_port)
{
    return (udp_port_is_suspect(source_port) || udp_port_is_suspect(destination_port)) &&
           udp_tunnel_find(source_port, destination_port) != STEP_END;
}

// The flags that the transport claims, or a negative number where the walk has to look.
static inline int fast_transport(const uint8_t *transport, uint8_t protocol, uint32_t captured,
                                 uint32_t segment_bytes, const struct parse_options *options,
                                 struct facts *facts)
{
    if (protocol == PROTOCOL_TCP) {
        if (captured < TCP_HEADER_BYTES) {
            return -1;
        }
        const uint32_t header_bytes = tcp_header_bytes(transport);
        if (header_bytes < TCP_HEADER_BYTES || header_bytes > captured ||
            header_bytes > segment_bytes) {
            return -1;
        }
        fill_tcp(facts, transport, segment_bytes - header_bytes,
                 tcp_options(transport, header_bytes));
        return FACTS_MAC | FACTS_TCP;
    }
    if (protocol != PROTOCOL_UDP || segment_bytes < UDP_BYTES) {
        return -1;
    }
    if (options->decap_tunnels && udp_is_tunnel(load_be16(transport), load_be16(transport + 2))) {
        return -1;
    }
    return FACTS_MAC;
}

enum parse_reject parse_packet(const struct packet *packet, const struct parse_options *options,
                               struct facts *facts)
{
    const uint8_t *ethernet = packet->data;
    const uint8_t *ip = ethernet + IPV4_AT;
    const uint8_t *transport = ethernet + TRANSPORT_AT;

    if (packet->link_type != LINK_ETHERNET || packet->captured_bytes < TRANSPORT_AT + UDP_BYTES ||
        load_be16(ethernet + 12) != ETHERTYPE_IPV4 || ip[0] != IPV4_NO_OPTIONS ||
        (load_be16(ip + 6) & IPV4_IS_FRAGMENT) != 0) {
        return walk_packet(packet, options, facts);
    }
    const uint32_t ip_bytes = load_be16(ip + 2);
    if (ip_bytes < IPV4_BYTES || ip_bytes > packet->wire_bytes - IPV4_AT) {
        return walk_packet(packet, options, facts);
    }
    const uint8_t protocol = ip[9];
    const int flags = fast_transport(transport, protocol, packet->captured_bytes - TRANSPORT_AT,
                                     ip_bytes - IPV4_BYTES, options, facts);
    if (flags < 0) {
        return walk_packet(packet, options, facts);
    }
    facts->direction = fill_ends_ipv4(&facts->key, endpoint_ipv4(ip + 12, load_be16(transport)),
                                      endpoint_ipv4(ip + 16, load_be16(transport + 2)));
    facts->key.vni_protocol = protocol;
    facts->key.scope = 0;
    facts->time_us = packet->time_us;
    facts->bytes = ip_bytes;
    facts->wire_bytes = packet->wire_bytes;
    facts->flags = (uint16_t)flags;
    facts->ttl = ip[8];
    facts->tos = ip[1];
    fill_macs(facts, ethernet);
    return PARSE_OK;
}
