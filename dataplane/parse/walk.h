// SPDX-License-Identifier: Apache-2.0
// The walk over a frame's headers, for all that the fast path of parse.c leaves alone.
//
// A step reads one header and names the step that reads the next one; a loop in walk.c calls them
// by table, so that depth is bounded by a count and not by the stack. When an IP packet has been
// read down to its transport, facts are written whole and the walk may go on into a tunnel: if that
// ends well the facts are written once more, if not they stay as they are.
#ifndef WEIR_PARSE_WALK_H
#define WEIR_PARSE_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/parse/parse.h"

// Far above what networks carry; they bound the work that one frame can ask for.
enum {
    PARSE_LAYERS_MAX = 64,
    PARSE_TUNNELS_MAX = 8,
    MPLS_DEPTH_MAX = 16,
};

enum parse_step {
    STEP_END, // no further header: what was found stands, or the reject does
    STEP_ETHERNET,
    STEP_LINUX_SLL,
    STEP_LINUX_SLL2,
    STEP_LOOPBACK,
    STEP_PPP_LINK,
    STEP_CISCO_HDLC,
    STEP_ETHERTYPE, // `protocol` is the ethertype of what follows
    STEP_VLAN,
    STEP_LLC,
    STEP_FABRICPATH,
    STEP_PBB,
    STEP_MPLS,
    STEP_PPPOE,
    STEP_PPP,
    STEP_IP, // either version
    STEP_IPV4,
    STEP_IPV6,
    STEP_IPV6_EXTENSION, // `protocol` is the next header
    STEP_TRANSPORT,      // `protocol` is the IP protocol
    STEP_AH,
    STEP_PORTLESS,
    STEP_PORTS,
    STEP_TCP,
    STEP_UDP,
    STEP_ICMP,
    STEP_IP_IN_IP,
    STEP_GRE,
    STEP_VXLAN,
    STEP_GENEVE,
    STEP_GTPU,
    STEP_TEREDO,
    STEP_L2TP,
    STEP_CAPWAP,
    STEP_COUNT,
};

// The innermost IP header met.
struct parse_ip {
    const uint8_t *addresses; // in the frame: source, destination, of 4 or 16 octets
    uint32_t bytes;
    uint32_t fragment_id;
    uint16_t fragment; // 0, FACTS_FRAGMENT_FIRST or FACTS_FRAGMENT_LATER
    uint8_t fragment_protocol;
    uint8_t ttl;
    uint8_t tos;
    bool ipv6;
};

struct parse_walk {
    const uint8_t *at; // the next header
    uint32_t captured; // octets that may be read at `at`; <= left
    uint32_t left;     // octets that the frame, or the IP packet around, had there on the wire
    uint32_t protocol; // tells the next step what follows, where its name does not
    enum parse_reject reject;
    bool found; // facts hold an IP packet

    uint8_t tunnels;
    uint8_t vlan_count;
    uint64_t vlans; // as in flow_key.scope
    uint64_t vni_scope;
    uint32_t vni;
    const uint8_t *ethernet; // the first Ethernet header met, or NULL
    struct parse_ip ip;
    struct facts_rare rare;

    const struct packet *packet;
    const struct parse_options *options;
    struct facts *facts;
};

// Moves on by `bytes`, which the caller knows to be captured.
static inline void walk_advance(struct parse_walk *walk, uint32_t bytes)
{
    walk->at += bytes;
    walk->captured -= bytes;
    walk->left -= bytes;
}

// What follows ends `bytes` from here (padding, or a later header's business, is behind it).
static inline void walk_limit(struct parse_walk *walk, uint32_t bytes)
{
    walk->left = bytes;
    if (walk->captured > bytes) {
        walk->captured = bytes;
    }
}

static inline enum parse_step walk_reject(struct parse_walk *walk, enum parse_reject why)
{
    walk->reject = why;
    return STEP_END;
}

// Walks the whole frame; the answer of parse_packet.
enum parse_reject walk_packet(const struct packet *packet, const struct parse_options *options,
                              struct facts *facts);

// Writes all facts but the payload's and those of TCP and ICMP for the IP packet at hand. `ports`:
// the source's in the upper half, the destination's in the lower, as a header's first word has
// them; or 0.
void walk_found(struct parse_walk *walk, uint32_t ports);

// True where what follows the outer header may be looked into.
bool walk_may_decap(const struct parse_walk *walk);

// Makes the IP packet at hand a tunnel and goes on with `inner`.
enum parse_step walk_enter_tunnel(struct parse_walk *walk, enum tunnel_type type,
                                  enum parse_step inner);

// True for an ethertype that leads on or has a reject of its own.
bool ethertype_is_known(uint16_t ethertype);

// Goes on behind a UDP header with the tunnel that its ports tell, if any.
enum parse_step parse_udp_tunnel(struct parse_walk *walk, uint32_t ports);

enum udp_tunnel_port {
    UDP_PORT_L2TP = 1701,
    UDP_PORT_GTPU = 2152,
    UDP_PORT_TEREDO = 3544,
    UDP_PORT_VXLAN = 4789,
    UDP_PORT_CAPWAP = 5247,
    UDP_PORT_GENEVE = 6081,
    UDP_PORT_VXLAN_LINUX = 8472, // Linux's choice before there was a standard
};

// For the fast path: no call, and next to nothing for well-known and for ephemeral ports.
static inline bool udp_port_is_tunnel(uint16_t port)
{
    if (port < UDP_PORT_L2TP || port > UDP_PORT_VXLAN_LINUX) {
        return false;
    }
    switch ((enum udp_tunnel_port)port) {
    case UDP_PORT_L2TP:
    case UDP_PORT_GTPU:
    case UDP_PORT_TEREDO:
    case UDP_PORT_VXLAN:
    case UDP_PORT_CAPWAP:
    case UDP_PORT_GENEVE:
    case UDP_PORT_VXLAN_LINUX:
        return true;
    }
    return false;
}

enum parse_step parse_ethernet(struct parse_walk *walk);
enum parse_step parse_linux_sll(struct parse_walk *walk);
enum parse_step parse_linux_sll2(struct parse_walk *walk);
enum parse_step parse_loopback(struct parse_walk *walk);
enum parse_step parse_cisco_hdlc(struct parse_walk *walk);
enum parse_step parse_ethertype(struct parse_walk *walk);
enum parse_step parse_vlan(struct parse_walk *walk);
enum parse_step parse_llc(struct parse_walk *walk);
enum parse_step parse_fabricpath(struct parse_walk *walk);
enum parse_step parse_pbb(struct parse_walk *walk);
enum parse_step parse_mpls(struct parse_walk *walk);
enum parse_step parse_pppoe(struct parse_walk *walk);
enum parse_step parse_ppp_link(struct parse_walk *walk);
enum parse_step parse_ppp(struct parse_walk *walk);
enum parse_step parse_ip(struct parse_walk *walk);
enum parse_step parse_ipv4(struct parse_walk *walk);
enum parse_step parse_ipv6(struct parse_walk *walk);
enum parse_step parse_ipv6_extension(struct parse_walk *walk);
enum parse_step parse_transport(struct parse_walk *walk);
enum parse_step parse_ah(struct parse_walk *walk);
enum parse_step parse_portless(struct parse_walk *walk);
enum parse_step parse_ports(struct parse_walk *walk);
enum parse_step parse_tcp(struct parse_walk *walk);
enum parse_step parse_udp(struct parse_walk *walk);
enum parse_step parse_icmp(struct parse_walk *walk);
enum parse_step parse_ip_in_ip(struct parse_walk *walk);
enum parse_step parse_gre(struct parse_walk *walk);
enum parse_step parse_vxlan(struct parse_walk *walk);
enum parse_step parse_geneve(struct parse_walk *walk);
enum parse_step parse_gtpu(struct parse_walk *walk);
enum parse_step parse_teredo(struct parse_walk *walk);
enum parse_step parse_l2tp(struct parse_walk *walk);
enum parse_step parse_capwap(struct parse_walk *walk);

#endif
