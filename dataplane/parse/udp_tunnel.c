// SPDX-License-Identifier: Apache-2.0
// Tunnels in UDP, told by port. A port promises nothing: what does not read as the tunnel ends the
// walk, and the datagram is the flow.
#include "dataplane/parse/octets.h"
#include "dataplane/parse/walk.h"

enum { UDP_BYTES = 8 };

// Tunnels are sent to their port; where servers answer from it to any port, both ends count.
static enum parse_step udp_tunnel_step(uint16_t source_port, uint16_t destination_port)
{
    static const struct {
        uint16_t port;
        bool either_end;
        uint8_t step;
    } tunnels[] = {
        {UDP_PORT_VXLAN, false, STEP_VXLAN},   {UDP_PORT_VXLAN_LINUX, false, STEP_VXLAN},
        {UDP_PORT_GENEVE, false, STEP_GENEVE}, {UDP_PORT_GTPU, false, STEP_GTPU},
        {UDP_PORT_TEREDO, true, STEP_TEREDO},  {UDP_PORT_L2TP, true, STEP_L2TP},
        {UDP_PORT_CAPWAP, true, STEP_CAPWAP},
    };
    for (unsigned i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++) {
        const uint16_t port = tunnels[i].port;
        if (port == destination_port || (tunnels[i].either_end && port == source_port)) {
            return tunnels[i].step;
        }
    }
    return STEP_END;
}

enum parse_step parse_udp_tunnel(struct parse_walk *walk, uint32_t ports)
{
    const enum parse_step tunnel = udp_tunnel_step((uint16_t)(ports >> 16), (uint16_t)ports);
    if (tunnel == STEP_END || walk->captured < UDP_BYTES || !walk_may_decap(walk)) {
        return STEP_END;
    }
    const uint16_t datagram_bytes = load_be16(walk->at + 4);
    if (datagram_bytes < UDP_BYTES || datagram_bytes > walk->left) {
        return STEP_END;
    }
    walk_limit(walk, datagram_bytes);
    walk_advance(walk, UDP_BYTES);
    return tunnel;
}

static enum parse_step vni_enter(struct parse_walk *walk, enum tunnel_type type, uint64_t scope,
                                 uint32_t vni, enum parse_step inner)
{
    walk->vni_scope = scope;
    walk->vni = vni;
    return walk_enter_tunnel(walk, type, inner);
}

enum parse_step parse_vxlan(struct parse_walk *walk)
{
    enum { VXLAN_BYTES = 8, VXLAN_VNI_VALID = 0x08 };

    if (walk->captured < VXLAN_BYTES || (walk->at[0] & VXLAN_VNI_VALID) == 0) {
        return STEP_END;
    }
    const uint32_t vni = load_be32(walk->at + 4) >> 8;
    walk_advance(walk, VXLAN_BYTES);
    return vni_enter(walk, TUNNEL_VXLAN, KEY_VNI_VXLAN, vni, STEP_ETHERNET);
}

enum parse_step parse_geneve(struct parse_walk *walk)
{
    enum { GENEVE_BYTES = 8 };

    if (walk->captured < GENEVE_BYTES || walk->at[0] >> 6 != 0) {
        return STEP_END;
    }
    const uint32_t bytes = GENEVE_BYTES + (walk->at[0] & 0x3fu) * 4;
    if (walk->captured < bytes) {
        return STEP_END;
    }
    walk->protocol = load_be16(walk->at + 2);
    const uint32_t vni = load_be32(walk->at + 4) >> 8;
    walk_advance(walk, bytes);
    return vni_enter(walk, TUNNEL_GENEVE, KEY_VNI_GENEVE, vni, STEP_ETHERTYPE);
}

// An authentication and an origin indication may come before the IPv6 packet, in this order.
enum parse_step parse_teredo(struct parse_walk *walk)
{
    enum { AUTHENTICATION = 0x0001, ORIGIN = 0x0000 };
    enum { AUTHENTICATION_BYTES = 13, ORIGIN_BYTES = 8 }; // the former beside its two long fields

    if (walk->captured >= 4 && load_be16(walk->at) == AUTHENTICATION) {
        const uint32_t bytes = AUTHENTICATION_BYTES + walk->at[2] + walk->at[3];
        if (walk->captured < bytes) {
            return STEP_END;
        }
        walk_advance(walk, bytes);
    }
    if (walk->captured >= ORIGIN_BYTES && load_be16(walk->at) == ORIGIN) {
        walk_advance(walk, ORIGIN_BYTES);
    }
    return walk_enter_tunnel(walk, TUNNEL_TEREDO, STEP_IPV6);
}

// Version 2, data messages only.
enum parse_step parse_l2tp(struct parse_walk *walk)
{
    enum {
        L2TP_CONTROL = 0x8000,
        L2TP_LENGTH = 0x4000,
        L2TP_SEQUENCE = 0x0800,
        L2TP_OFFSET = 0x0200,
        L2TP_VERSION = 0x000f,
    };

    if (walk->captured < 2) {
        return STEP_END;
    }
    const uint16_t flags = load_be16(walk->at);
    if ((flags & (L2TP_CONTROL | L2TP_VERSION)) != 2) {
        return STEP_END;
    }
    uint32_t bytes =
        6 + ((flags & L2TP_LENGTH) != 0 ? 2u : 0) + ((flags & L2TP_SEQUENCE) != 0 ? 4u : 0);
    if ((flags & L2TP_OFFSET) != 0) {
        if (walk->captured < bytes + 2) {
            return STEP_END;
        }
        bytes += 2u + load_be16(walk->at + bytes);
    }
    if (walk->captured < bytes) {
        return STEP_END;
    }
    walk_advance(walk, bytes);
    return walk_enter_tunnel(walk, TUNNEL_L2TP, STEP_PPP);
}
