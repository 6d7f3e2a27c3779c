// SPDX-License-Identifier: Apache-2.0
// Tunnels right on IP. The outer packet is written down as a flow before its inside is tried.
#include "dataplane/parse/octets.h"
#include "dataplane/parse/walk.h"

enum parse_step parse_ip_in_ip(struct parse_walk *walk)
{
    enum { PROTOCOL_IPV4 = 4 };

    const bool inner_ipv4 = walk->protocol == PROTOCOL_IPV4;
    walk_found(walk, 0);
    if (!walk_may_decap(walk)) {
        return STEP_END;
    }
    if (inner_ipv4) {
        return walk_enter_tunnel(walk, TUNNEL_IPIP, STEP_IPV4);
    }
    return walk_enter_tunnel(walk, walk->ip.ipv6 ? TUNNEL_IPIP : TUNNEL_6IN4, STEP_IPV6);
}

enum {
    GRE_BYTES = 4,
    GRE_FIELD_BYTES = 4, // of each optional field
    GRE_CHECKSUM = 0x8000,
    GRE_ROUTING = 0x4000,
    GRE_KEY = 0x2000,
    GRE_SEQUENCE = 0x1000,
    GRE_ACKNOWLEDGE = 0x0080, // version 1 only
    GRE_VERSION = 0x0007,
    GRE_ERSPAN_2 = 0x88be,
    GRE_ERSPAN_3 = 0x22eb,
};

// Type I has no header of its own; type II has one, and always a GRE sequence number.
static enum parse_step erspan_2(struct parse_walk *walk, uint16_t gre_flags)
{
    enum { ERSPAN_2_BYTES = 8 };

    const uint32_t bytes = (gre_flags & GRE_SEQUENCE) != 0 ? ERSPAN_2_BYTES : 0;
    if (walk->captured < bytes) {
        return STEP_END;
    }
    walk_advance(walk, bytes);
    return walk_enter_tunnel(walk, TUNNEL_ERSPAN, STEP_ETHERNET);
}

static enum parse_step erspan_3(struct parse_walk *walk)
{
    enum { ERSPAN_3_BYTES = 12, SUBHEADER_BYTES = 8, FRAME_ETHERNET = 0, FRAME_IP = 2 };

    if (walk->captured < ERSPAN_3_BYTES) {
        return STEP_END;
    }
    const uint16_t last = load_be16(walk->at + 10); // P, 5 bits frame type, hardware, ..., O
    const uint32_t bytes = (last & 1) != 0 ? ERSPAN_3_BYTES + SUBHEADER_BYTES : ERSPAN_3_BYTES;
    const unsigned frame = last >> 10 & 0x1f;
    if (walk->captured < bytes || (frame != FRAME_ETHERNET && frame != FRAME_IP)) {
        return STEP_END;
    }
    walk_advance(walk, bytes);
    return walk_enter_tunnel(walk, TUNNEL_ERSPAN, frame == FRAME_IP ? STEP_IP : STEP_ETHERNET);
}

static uint32_t gre_header_bytes(uint16_t flags)
{
    static const uint16_t fields[] = {GRE_CHECKSUM, GRE_KEY, GRE_SEQUENCE, GRE_ACKNOWLEDGE};

    uint32_t bytes = GRE_BYTES;
    for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        bytes += (flags & fields[i]) != 0 ? GRE_FIELD_BYTES : 0;
    }
    return bytes;
}

// Version 1 is PPTP's: PPP behind a key, and no payload where there is no sequence number. Source
// routing (long obsolete) and later versions are left to the outer flow.
static bool gre_is_readable(uint16_t flags)
{
    switch (flags & GRE_VERSION) {
    case 0:
        return (flags & (GRE_ROUTING | GRE_ACKNOWLEDGE)) == 0;
    case 1:
        return (flags & (GRE_ROUTING | GRE_CHECKSUM | GRE_KEY | GRE_SEQUENCE)) ==
               (GRE_KEY | GRE_SEQUENCE);
    default:
        return false;
    }
}

enum parse_step parse_gre(struct parse_walk *walk)
{
    walk_found(walk, 0);
    if (!walk_may_decap(walk) || walk->captured < GRE_BYTES) {
        return STEP_END;
    }
    const uint16_t flags = load_be16(walk->at);
    const uint32_t bytes = gre_header_bytes(flags);
    if (!gre_is_readable(flags) || walk->captured < bytes) {
        return STEP_END;
    }
    walk->protocol = load_be16(walk->at + 2);
    walk_advance(walk, bytes);
    switch (walk->protocol) {
    case GRE_ERSPAN_2:
        return erspan_2(walk, flags);
    case GRE_ERSPAN_3:
        return erspan_3(walk);
    default:
        return walk_enter_tunnel(walk, TUNNEL_GRE, STEP_ETHERTYPE);
    }
}
