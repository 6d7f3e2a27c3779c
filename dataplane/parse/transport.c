// SPDX-License-Identifier: Apache-2.0
// The headers behind IP that end a flow's identity.
#include "dataplane/parse/fill.h"
#include "dataplane/parse/walk.h"

enum {
    PORTS_BYTES = 4,
    ICMP_BYTES = 2,
    AH_BYTES = 12,
    TCP_FLAGS_END = 14, // up to here the fixed header says all that facts hold
    UDP_BYTES = 8,
};

// Rows that are 0 are protocols without ports.
static const uint8_t transport_step[256] = {
    [1] = STEP_ICMP,      // ICMP
    [4] = STEP_IP_IN_IP,  // IPv4
    [6] = STEP_TCP,       // TCP
    [17] = STEP_UDP,      // UDP
    [33] = STEP_PORTS,    // DCCP
    [41] = STEP_IP_IN_IP, // IPv6
    [47] = STEP_GRE,      // GRE
    [51] = STEP_AH,       // AH
    [58] = STEP_ICMP,     // ICMPv6
    [132] = STEP_PORTS,   // SCTP
    [136] = STEP_PORTS,   // UDP-Lite
};

enum parse_step parse_transport(struct parse_walk *walk)
{
    const uint8_t step = transport_step[walk->protocol];
    return step != STEP_END ? step : STEP_PORTLESS;
}

enum parse_step parse_portless(struct parse_walk *walk)
{
    walk_found(walk, 0);
    return STEP_END;
}

// AH only signs: the flow is what it carries, or AH itself where that cannot be reached.
enum parse_step parse_ah(struct parse_walk *walk)
{
    const uint32_t bytes = walk->captured < 2 ? AH_BYTES : (walk->at[1] + 2u) * 4;
    if (walk->captured < bytes) {
        return STEP_PORTLESS;
    }
    walk->protocol = walk->at[0];
    walk_advance(walk, bytes);
    return walk->ip.ipv6 ? STEP_IPV6_EXTENSION : STEP_TRANSPORT;
}

void fill_tcp_options(struct facts *facts, const uint8_t *octets, uint32_t bytes)
{
    enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_KINDS = 64 };

    uint64_t kinds = 0;
    for (uint32_t i = 0; i < bytes;) {
        const uint8_t kind = octets[i];
        if (kind < OPTION_KINDS) {
            kinds |= UINT64_C(1) << kind;
        }
        if (kind == OPTION_NOP) {
            i++;
            continue;
        }
        if (kind == OPTION_END || i + 1 >= bytes || octets[i + 1] < 2) {
            break;
        }
        i += octets[i + 1];
    }
    facts->tcp_options = kinds;
}

// Of the header that stands, the octets that the snap length left behind the fixed ones.
static uint32_t tcp_options_captured(uint32_t header_bytes, uint32_t captured)
{
    const uint32_t end = header_bytes < captured ? header_bytes : captured;
    return end > TCP_HEADER_BYTES ? end - TCP_HEADER_BYTES : 0;
}

// True where `bytes` of the transport's header are at hand; else the walk is rejected.
static bool header_is_captured(struct parse_walk *walk, uint32_t bytes)
{
    if (walk->captured >= bytes) {
        return true;
    }
    walk_reject(walk, walk->left < bytes ? PARSE_REJECT_TRANSPORT_LENGTH
                                         : PARSE_REJECT_TRANSPORT_TRUNCATED);
    return false;
}

enum parse_step parse_ports(struct parse_walk *walk)
{
    if (header_is_captured(walk, PORTS_BYTES)) {
        walk_found(walk, load_be32(walk->at));
    }
    return STEP_END;
}

enum parse_step parse_icmp(struct parse_walk *walk)
{
    if (header_is_captured(walk, ICMP_BYTES)) {
        walk_found(walk, 0);
        walk->facts->flags |= FACTS_ICMP;
        walk->facts->icmp_type = walk->at[0];
        walk->facts->icmp_code = walk->at[1];
    }
    return STEP_END;
}

enum parse_step parse_tcp(struct parse_walk *walk)
{
    const uint8_t *tcp = walk->at;
    const bool whole = walk->ip.fragment == 0; // a first fragment may end anywhere
    if (whole && walk->left < TCP_HEADER_BYTES) {
        return walk_reject(walk, PARSE_REJECT_TRANSPORT_LENGTH);
    }
    if (!header_is_captured(walk, PORTS_BYTES)) {
        return STEP_END;
    }
    const bool flags_captured = walk->captured >= TCP_FLAGS_END;
    const uint32_t header_bytes = flags_captured ? tcp_header_bytes(tcp) : TCP_HEADER_BYTES;
    if (header_bytes < TCP_HEADER_BYTES || (whole && header_bytes > walk->left)) {
        return walk_reject(walk, PARSE_REJECT_TCP_HEADER);
    }
    walk_found(walk, load_be32(tcp));
    if (flags_captured) {
        const uint32_t payload_bytes = walk->left > header_bytes ? walk->left - header_bytes : 0;
        walk->facts->flags |= FACTS_TCP;
        fill_tcp(walk->facts, tcp, payload_bytes);
        fill_tcp_options(walk->facts, tcp + TCP_HEADER_BYTES,
                         tcp_options_captured(header_bytes, walk->captured));
        fill_payload(walk->facts, tcp, header_bytes, walk->left, walk->captured);
    }
    return STEP_END;
}

enum parse_step parse_udp(struct parse_walk *walk)
{
    if (!header_is_captured(walk, PORTS_BYTES)) {
        return STEP_END;
    }
    const uint32_t ports = load_be32(walk->at);
    walk_found(walk, ports);
    fill_payload(walk->facts, walk->at, UDP_BYTES, walk->left, walk->captured);
    return parse_udp_tunnel(walk, ports);
}
