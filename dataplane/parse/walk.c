// SPDX-License-Identifier: Apache-2.0
#include "dataplane/parse/walk.h"

#include "dataplane/parse/fill.h"

static const uint8_t link_step[LINK_TYPE_COUNT] = {
    [LINK_ETHERNET] = STEP_ETHERNET,   [LINK_RAW_IP] = STEP_IP,
    [LINK_LINUX_SLL] = STEP_LINUX_SLL, [LINK_LINUX_SLL2] = STEP_LINUX_SLL2,
    [LINK_NULL] = STEP_LOOPBACK,       [LINK_LOOP] = STEP_LOOPBACK,
    [LINK_PPP] = STEP_PPP_LINK,        [LINK_CISCO_HDLC] = STEP_CISCO_HDLC,
    [LINK_UNSUPPORTED] = STEP_END,
};

static enum parse_step (*const step_parse[])(struct parse_walk *walk) = {
    [STEP_ETHERNET] = parse_ethernet,
    [STEP_LINUX_SLL] = parse_linux_sll,
    [STEP_LINUX_SLL2] = parse_linux_sll2,
    [STEP_LOOPBACK] = parse_loopback,
    [STEP_PPP_LINK] = parse_ppp_link,
    [STEP_CISCO_HDLC] = parse_cisco_hdlc,
    [STEP_ETHERTYPE] = parse_ethertype,
    [STEP_VLAN] = parse_vlan,
    [STEP_LLC] = parse_llc,
    [STEP_FABRICPATH] = parse_fabricpath,
    [STEP_PBB] = parse_pbb,
    [STEP_MPLS] = parse_mpls,
    [STEP_PPPOE] = parse_pppoe,
    [STEP_PPP] = parse_ppp,
    [STEP_IP] = parse_ip,
    [STEP_IPV4] = parse_ipv4,
    [STEP_IPV6] = parse_ipv6,
    [STEP_IPV6_EXTENSION] = parse_ipv6_extension,
    [STEP_TRANSPORT] = parse_transport,
    [STEP_AH] = parse_ah,
    [STEP_PORTLESS] = parse_portless,
    [STEP_PORTS] = parse_ports,
    [STEP_TCP] = parse_tcp,
    [STEP_UDP] = parse_udp,
    [STEP_ICMP] = parse_icmp,
    [STEP_IP_IN_IP] = parse_ip_in_ip,
    [STEP_GRE] = parse_gre,
    [STEP_VXLAN] = parse_vxlan,
    [STEP_GENEVE] = parse_geneve,
    [STEP_GTPU] = parse_gtpu,
    [STEP_TEREDO] = parse_teredo,
    [STEP_L2TP] = parse_l2tp,
    [STEP_CAPWAP] = parse_capwap,
};
static_assert(sizeof(step_parse) / sizeof(step_parse[0]) == STEP_COUNT, "one row for each step");

enum parse_reject walk_packet(const struct packet *packet, const struct parse_options *options,
                              struct facts *facts)
{
    struct parse_walk walk = {
        .at = packet->data,
        .captured = packet->captured_bytes,
        .left = packet->wire_bytes,
        .reject = PARSE_REJECT_LINK_TYPE,
        .packet = packet,
        .options = options,
        .facts = facts,
    };
    enum parse_step step =
        packet->link_type < LINK_TYPE_COUNT ? link_step[packet->link_type] : STEP_END;
    for (unsigned layer = 0; step != STEP_END; layer++) {
        if (layer == PARSE_LAYERS_MAX) {
            walk.reject = PARSE_REJECT_LAYER_DEPTH;
            break;
        }
        step = step_parse[step](&walk);
    }
    return walk.found ? PARSE_OK : walk.reject;
}

static uint8_t ends_fill(const struct parse_ip *ip, struct flow_key *key, uint32_t ports)
{
    return ip->ipv6 ? fill_ends_ipv6(key, ip->addresses, ports)
                    : fill_ends_ipv4(key, ip->addresses, ports);
}

void walk_found(struct parse_walk *walk, uint32_t ports)
{
    const struct parse_ip *ip = &walk->ip;
    struct facts *facts = walk->facts;
    const uint64_t vlans = walk->options->vlan_in_key ? walk->vlans : 0;

    facts->direction = ends_fill(ip, &facts->key, ports);
    facts->key.vni_protocol = walk->vni << 8 | walk->protocol;
    facts->key.scope = vlans | walk->vni_scope | (ip->ipv6 ? KEY_IPV6 : 0);
    facts->time_us = walk->packet->time_us;
    facts->bytes = ip->bytes;
    facts->wire_bytes = walk->packet->wire_bytes;
    facts->ttl = ip->ttl;
    facts->tos = ip->tos;
    facts->flags = ip->fragment;
    facts->payload = 0;
    if (ip->fragment != 0) {
        facts->fragment_id = ip->fragment_id;
        facts->fragment_protocol = ip->fragment_protocol;
    }
    if (walk->ethernet != NULL) {
        facts->flags |= FACTS_MAC;
        fill_macs(facts, walk->ethernet);
    }
    if (walk->rare.mpls_count != 0 || walk->rare.tunnel != TUNNEL_NONE) {
        facts->flags |= FACTS_RARE;
        facts->rare = walk->rare;
    }
    walk->found = true;
}

bool walk_may_decap(const struct parse_walk *walk)
{
    return walk->options->decap_tunnels && walk->ip.fragment == 0 &&
           walk->tunnels < PARSE_TUNNELS_MAX;
}

enum parse_step walk_enter_tunnel(struct parse_walk *walk, enum tunnel_type type,
                                  enum parse_step inner)
{
    struct facts_rare *rare = &walk->rare;
    const size_t address_bytes = walk->ip.ipv6 ? 16 : 4;
    memset(rare->tunnel_source, 0, sizeof(rare->tunnel_source));
    memset(rare->tunnel_destination, 0, sizeof(rare->tunnel_destination));
    memcpy(rare->tunnel_source, walk->ip.addresses, address_bytes);
    memcpy(rare->tunnel_destination, walk->ip.addresses + address_bytes, address_bytes);
    rare->tunnel = (uint8_t)type;
    rare->tunnel_ipv6 = walk->ip.ipv6;
    rare->has_teid = 0;
    rare->has_qfi = 0;
    rare->teid = 0;
    rare->qfi = 0;
    walk->tunnels++;
    return inner;
}
