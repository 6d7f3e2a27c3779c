// SPDX-License-Identifier: Apache-2.0
#include "agent/query/filter_field.h"

#include <string.h>

#include "dataplane/flow/application.h"

enum { TCP = 6 };

// Each adds what the flow has at one end. Those of the whole flow have no use for the end.

static void number_add(struct filter_values *values, uint64_t number)
{
    values->numbers[values->count++] = number;
}

static void ip_version_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    (void)end;
    number_add(values, flow->key.scope & KEY_IPV6 ? 6 : 4);
}

static void ip_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    values->address = flow->key.address[end];
    values->ipv6 = flow->key.scope & KEY_IPV6;
    values->count = 1;
}

static void port_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    if (pane_flow_has_ports(flow)) {
        number_add(values, flow->key.port[end]);
    }
}

static void transport_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    (void)end;
    number_add(values, pane_flow_protocol(flow));
}

static void application_get(const struct pane_flow *flow, unsigned end,
                            struct filter_values *values)
{
    (void)end;
    if (flow->application >= APPLICATION_FIRST) {
        number_add(values, flow->application);
    }
}

// Both: a flow of DNS over TCP is of protocol tcp and of protocol dns.
static void protocol_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    transport_get(flow, end, values);
    application_get(flow, end, values);
}

static void vlan_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    (void)end;
    uint64_t scope = flow->key.scope;
    unsigned count = (scope & KEY_VLAN_COUNT_MASK) >> KEY_VLAN_COUNT_SHIFT;
    for (unsigned i = 0; i < count; i++) {
        number_add(values, scope >> (i * KEY_VLAN_BITS) & ((1u << KEY_VLAN_BITS) - 1));
    }
}

static void vni_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    (void)end;
    if (flow->key.scope & (KEY_VNI_VXLAN | KEY_VNI_GENEVE)) {
        number_add(values, flow->key.vni_protocol >> 8);
    }
}

static bool has_tunnel(const struct pane_flow *flow)
{
    return (flow->flags & PANE_FLOW_RARE) && flow->rare.tunnel != TUNNEL_NONE;
}

static void tunnel_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    (void)end;
    if (has_tunnel(flow)) {
        number_add(values, flow->rare.tunnel);
    }
}

static void tunnel_ip_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    if (has_tunnel(flow)) {
        values->address = flow->rare.tunnel_address[end];
        values->ipv6 = flow->rare.tunnel_ipv6;
        values->count = 1;
    }
}

static void mac_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    if (!(flow->flags & PANE_FLOW_MAC)) {
        return;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof(flow->mac[end]); i++) {
        number = number << 8 | flow->mac[end][i];
    }
    number_add(values, number);
}

static void ttl_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    if (flow->total_packets[end] != 0) {
        number_add(values, flow->ttl[end]);
    }
}

static void tos_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    if (flow->total_packets[end] != 0) {
        number_add(values, flow->tos[end]);
    }
}

static void tcp_flags_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    if (pane_flow_protocol(flow) == TCP && flow->total_packets[end] != 0) {
        number_add(values, flow->tcp_flags[end]);
    }
}

static void mpls_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    if (!(flow->flags & PANE_FLOW_RARE)) {
        return;
    }
    for (unsigned i = 0; i < flow->rare.mpls_count[end]; i++) {
        number_add(values, flow->rare.mpls[end][i]);
    }
}

static void teid_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    if ((flow->flags & PANE_FLOW_RARE) && flow->rare.has_teid[end]) {
        number_add(values, flow->rare.teid[end]);
    }
}

static void qfi_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    if ((flow->flags & PANE_FLOW_RARE) && flow->rare.has_qfi[end]) {
        number_add(values, flow->rare.qfi[end]);
    }
}

static void packets_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    number_add(values, flow->total_packets[end]);
}

static void bytes_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    number_add(values, flow->total_bytes[end]);
}

static void both_packets_get(const struct pane_flow *flow, unsigned end,
                             struct filter_values *values)
{
    (void)end;
    number_add(values, (uint64_t)flow->total_packets[0] + flow->total_packets[1]);
}

static void both_bytes_get(const struct pane_flow *flow, unsigned end, struct filter_values *values)
{
    (void)end;
    number_add(values, flow->total_bytes[0] + flow->total_bytes[1]);
}

// What each end has by itself; without a prefix it is either's.
#define SIDES(name, ...)                                                                           \
    {"source_" name, FILTER_SOURCE, __VA_ARGS__},                                                  \
    {                                                                                              \
        "destination_" name, FILTER_DESTINATION, __VA_ARGS__                                       \
    }
#define ENDS(name, ...)                                                                            \
    SIDES(name, __VA_ARGS__),                                                                      \
    {                                                                                              \
        name, FILTER_EITHER, __VA_ARGS__                                                           \
    }

// clang-format off
const struct filter_field filter_fields[] = {
    {"ip_version", FILTER_FLOW, &filter_number, ip_version_get, 4, 6},
    ENDS("ip", &filter_address, ip_get, 0, 0),
    ENDS("port", &filter_number, port_get, 0, UINT16_MAX),
    {"protocol", FILTER_FLOW, &filter_protocol, protocol_get, 0, APPLICATION_MAX - 1},
    {"transport", FILTER_FLOW, &filter_protocol, transport_get, 0, UINT8_MAX},
    {"application", FILTER_FLOW, &filter_application, application_get, APPLICATION_FIRST, APPLICATION_MAX - 1},
    {"vlan", FILTER_FLOW, &filter_number, vlan_get, 0, (1 << KEY_VLAN_BITS) - 1},
    {"vni", FILTER_FLOW, &filter_number, vni_get, 0, (1 << 24) - 1},
    {"tunnel", FILTER_FLOW, &filter_tunnel, tunnel_get, TUNNEL_NONE + 1, TUNNEL_COUNT - 1},
    {"tunnel_source_ip", FILTER_SOURCE, &filter_address, tunnel_ip_get, 0, 0},
    {"tunnel_destination_ip", FILTER_DESTINATION, &filter_address, tunnel_ip_get, 0, 0},
    {"tunnel_ip", FILTER_EITHER, &filter_address, tunnel_ip_get, 0, 0},
    ENDS("mac", &filter_mac, mac_get, 0, (UINT64_C(1) << 48) - 1),
    ENDS("ttl", &filter_number, ttl_get, 0, UINT8_MAX),
    ENDS("tos", &filter_number, tos_get, 0, UINT8_MAX),
    ENDS("tcp_flags", &filter_number, tcp_flags_get, 0, UINT8_MAX),
    ENDS("mpls", &filter_number, mpls_get, 0, (1 << 20) - 1),
    ENDS("teid", &filter_number, teid_get, 0, UINT32_MAX),
    ENDS("qfi", &filter_number, qfi_get, 0, (1 << 6) - 1),
    SIDES("packets", &filter_count, packets_get, 0, UINT64_MAX),
    SIDES("bytes", &filter_octets, bytes_get, 0, UINT64_MAX),
    {"packets", FILTER_FLOW, &filter_count, both_packets_get, 0, UINT64_MAX},
    {"bytes", FILTER_FLOW, &filter_octets, both_bytes_get, 0, UINT64_MAX},
};
// clang-format on

const size_t filter_field_count = sizeof(filter_fields) / sizeof(filter_fields[0]);

const struct filter_field *filter_field_find(const char *name)
{
    for (size_t i = 0; i < filter_field_count; i++) {
        if (strcmp(filter_fields[i].name, name) == 0) {
            return &filter_fields[i];
        }
    }
    return NULL;
}
