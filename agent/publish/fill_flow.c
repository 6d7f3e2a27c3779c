// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <math.h>
#include <string.h>

#include "agent/publish/fill.h"

enum { ICMP = 1, TCP = 6, UDP = 17, DCCP = 33, ICMPV6 = 58, SCTP = 132, UDPLITE = 136 };

#define KNOW(record, field) record_know(record, RECORD_FLOW_##field)
#define KNOW_SIDE(record, side, field)                                                             \
    record_know(record, record_side_field(side, RECORD_FLOW_SOURCE_##field))

static_assert((int)RECORD_END_IDLE == FLOW_END_IDLE && (int)RECORD_END_ACTIVE == FLOW_END_ACTIVE &&
                  (int)RECORD_END_FIN == FLOW_END_FIN && (int)RECORD_END_RST == FLOW_END_RST &&
                  (int)RECORD_END_EVICTED == FLOW_END_EVICTED &&
                  (int)RECORD_END_SHUTDOWN == FLOW_END_SHUTDOWN,
              "ends have the same numbers on both sides");
static_assert((int)RECORD_TUNNEL_VXLAN == TUNNEL_VXLAN - 1 &&
                  (int)RECORD_TUNNEL_CAPWAP == TUNNEL_CAPWAP - 1 &&
                  (int)RECORD_TUNNEL_COUNT == TUNNEL_COUNT - 1,
              "tunnels are numbered alike, but for TUNNEL_NONE");

static struct field_ip ip_make(const uint8_t *address, bool ipv6)
{
    struct field_ip ip = {.version = ipv6 ? 6 : 4};
    memcpy(ip.octets, address, ipv6 ? 16 : 4);
    return ip;
}

static bool has_ports(const struct flow_entry *flow)
{
    switch (flow_protocol(flow)) {
    case TCP:
    case UDP:
    case DCCP:
    case SCTP:
    case UDPLITE:
        // Both zero: fragments whose first one never came.
        return flow->key.port[0] != 0 || flow->key.port[1] != 0;
    default:
        return false;
    }
}

static void fill_identity(struct record *record, const struct flow_entry *flow)
{
    struct record_flow *to = &record->flow;
    unsigned source = flow_source(flow);
    bool ipv6 = flow->key.scope & KEY_IPV6;
    to->protocol = flow_protocol(flow);
    to->side[RECORD_SOURCE].ip = ip_make(flow->key.address[source], ipv6);
    to->side[RECORD_DESTINATION].ip = ip_make(flow->key.address[!source], ipv6);
    KNOW(record, IP_VERSION);
    KNOW(record, SOURCE_IP);
    KNOW(record, DESTINATION_IP);
    KNOW(record, PROTOCOL);
    if (has_ports(flow)) {
        to->side[RECORD_SOURCE].port = flow->key.port[source];
        to->side[RECORD_DESTINATION].port = flow->key.port[!source];
        KNOW(record, SOURCE_PORT);
        KNOW(record, DESTINATION_PORT);
    }
    to->transport = application_name(to->protocol);
    if (to->transport != NULL) {
        KNOW(record, TRANSPORT);
    }
    if (flow->application >= APPLICATION_FIRST) {
        to->application = application_name(flow->application);
        KNOW(record, APPLICATION);
    }
}

static void fill_times(struct record *record, const struct flow_entry *flow)
{
    struct record_flow *to = &record->flow;
    to->start_us = flow->start_us;
    to->end_us = flow->start_us + flow->last_us;
    KNOW(record, START_US);
    KNOW(record, END_US);
    double gaps = (double)flow->side[0].packets + flow->side[1].packets - 1;
    if (gaps > 0) {
        double mean_us = flow->last_us / gaps;
        double variance = (double)flow->gap_squares / gaps - mean_us * mean_us;
        to->interarrival_mean_us = mean_us;
        to->interarrival_stddev_us = variance > 0 ? sqrt(variance) : 0;
        KNOW(record, INTERARRIVAL_MEAN_US);
        KNOW(record, INTERARRIVAL_STDDEV_US);
    }
}

static void fill_side_tcp(struct record *record, enum record_side_index to,
                          const struct flow_entry *flow, unsigned from)
{
    struct record_side *side = &record->flow.side[to];
    side->tcp_flags = flow->tcp_flags[from];
    side->tcp_options = flow->tcp_options[from];
    side->retransmits = flow->retransmits[from];
    KNOW_SIDE(record, to, TCP_FLAGS);
    KNOW_SIDE(record, to, TCP_OPTIONS);
    KNOW_SIDE(record, to, RETRANSMITS);
    if (flow->tcp_syn_bytes[from] != 0) {
        side->tcp_syn_bytes = flow->tcp_syn_bytes[from];
        KNOW_SIDE(record, to, TCP_SYN_BYTES);
    }
}

// What the endpoint `from` of the key sent, as side `to` of the record.
static void fill_side(struct record *record, enum record_side_index to,
                      const struct flow_entry *flow, unsigned from)
{
    struct record_side *side = &record->flow.side[to];
    side->packets = flow->side[from].packets;
    side->bytes = flow->side[from].bytes;
    side->wire_bytes = flow->side[from].wire_bytes;
    KNOW_SIDE(record, to, PACKETS);
    KNOW_SIDE(record, to, BYTES);
    KNOW_SIDE(record, to, WIRE_BYTES);
    if (flow->has_mac) {
        memcpy(side->mac, flow->mac[from], sizeof(side->mac));
        KNOW_SIDE(record, to, MAC);
    }
    if (side->packets == 0) {
        return;
    }
    side->ttl = flow->ttl[from];
    side->tos = flow->tos[from];
    KNOW_SIDE(record, to, TTL);
    KNOW_SIDE(record, to, TOS);
    if (!flow->has_transport[from]) {
        return; // later fragments only, or cut by the snap length
    }
    uint8_t protocol = flow_protocol(flow);
    if (protocol == TCP) {
        fill_side_tcp(record, to, flow, from);
    } else if (protocol == ICMP || protocol == ICMPV6) {
        side->icmp_type = flow->icmp[from].type;
        side->icmp_code = flow->icmp[from].code;
        KNOW_SIDE(record, to, ICMP_TYPE);
        KNOW_SIDE(record, to, ICMP_CODE);
    }
}

static void fill_scope(struct record *record, const struct flow_entry *flow)
{
    struct record_flow *to = &record->flow;
    uint64_t scope = flow->key.scope;
    to->vlan.count = (scope & KEY_VLAN_COUNT_MASK) >> KEY_VLAN_COUNT_SHIFT;
    for (uint32_t i = 0; i < to->vlan.count; i++) {
        to->vlan.value[i] = scope >> (i * KEY_VLAN_BITS) & ((1u << KEY_VLAN_BITS) - 1);
    }
    if (to->vlan.count != 0) {
        KNOW(record, VLAN);
    }
    if (scope & (KEY_VNI_VXLAN | KEY_VNI_GENEVE)) {
        to->vni = flow->key.vni_protocol >> 8;
        KNOW(record, VNI);
    }
}

static void fill_side_rare(struct record *record, enum record_side_index to,
                           const struct flow_rare *rare, unsigned from)
{
    struct record_side *side = &record->flow.side[to];
    if (rare->mpls_count[from] != 0) {
        side->mpls.count = rare->mpls_count[from];
        memcpy(side->mpls.value, rare->mpls[from], sizeof(rare->mpls[from]));
        KNOW_SIDE(record, to, MPLS);
    }
    if (rare->has_teid[from]) {
        side->teid = rare->teid[from];
        KNOW_SIDE(record, to, TEID);
    }
    if (rare->has_qfi[from]) {
        side->qfi = rare->qfi[from];
        KNOW_SIDE(record, to, QFI);
    }
}

static void fill_rare(struct record *record, const struct flow_rare *rare, unsigned source)
{
    static_assert((int)MPLS_LABELS_MAX == FIELD_NUMBERS_MAX &&
                      (int)KEY_VLANS_MAX == FIELD_NUMBERS_MAX,
                  "a record holds all labels and ids that are kept");
    struct record_flow *to = &record->flow;
    fill_side_rare(record, RECORD_SOURCE, rare, source);
    fill_side_rare(record, RECORD_DESTINATION, rare, !source);
    if (rare->tunnel != TUNNEL_NONE) {
        to->tunnel = rare->tunnel - 1;
        to->tunnel_source = ip_make(rare->tunnel_address[source], rare->tunnel_ipv6);
        to->tunnel_destination = ip_make(rare->tunnel_address[!source], rare->tunnel_ipv6);
        KNOW(record, TUNNEL);
        KNOW(record, TUNNEL_SOURCE_IP);
        KNOW(record, TUNNEL_DESTINATION_IP);
    }
}

void fill_flow(struct record *record, const struct flow_record *flow, uint32_t sampling)
{
    const struct flow_entry *entry = &flow->flow;
    unsigned source = flow_source(entry);
    record_init(record, RECORD_FLOW);
    fill_times(record, entry);
    record->flow.end_reason = flow->end;
    KNOW(record, END_REASON);
    fill_identity(record, entry);
    fill_side(record, RECORD_SOURCE, entry, source);
    fill_side(record, RECORD_DESTINATION, entry, !source);
    fill_scope(record, entry);
    if (entry->state & FLOW_ESTABLISHED) {
        record->flow.rtt_us = entry->handshake;
        KNOW(record, RTT_US);
    }
    if (entry->rare != FLOW_NO_RARE) {
        fill_rare(record, &flow->rare, source);
    }
    if (flow->capture_drops != 0) {
        record->flow.capture_drops = flow->capture_drops;
        KNOW(record, CAPTURE_DROPS);
    }
    if (sampling > 1) {
        record->flow.sampling = sampling;
        KNOW(record, SAMPLING);
    }
}
