// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/parse/facts_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/parse/facts_sane.h"

static void same(const struct parse_case *row, const char *what, uint64_t got, uint64_t expected)
{
    if (got != expected) {
        fail_msg("%s: %s is %#llx, not %#llx", row->name, what, (unsigned long long)got,
                 (unsigned long long)expected);
    }
}

static void same_octets(const struct parse_case *row, const char *what, const uint8_t *got,
                        const uint8_t *expected, size_t count)
{
    if (memcmp(got, expected, count) != 0) {
        fail_msg("%s: %s differs", row->name, what);
    }
}

static const uint8_t *addresses_expected(bool outer, bool ipv6)
{
    if (outer) {
        return ipv6 ? frame_outer_ipv6 : frame_outer_ipv4;
    }
    return ipv6 ? frame_flow_ipv6 : frame_flow_ipv4;
}

// The lower address is the source's in all frames, unless the flow is turned around.
static void ends_check(const struct parse_case *row, bool swapped, const struct facts *facts)
{
    const uint8_t *addresses = addresses_expected(row->outer, row->ipv6);
    const size_t each = row->ipv6 ? 16 : 4;
    uint16_t ports[2] = {row->ports[0], row->ports[1]};
    if (!row->portless && ports[0] == 0) {
        ports[0] = FRAME_FLOW_SOURCE_PORT;
        ports[1] = FRAME_FLOW_DESTINATION_PORT;
    }
    same(row, "direction", facts->direction, swapped);
    same_octets(row, "lower address", facts->key.address[0], addresses, each);
    same_octets(row, "higher address", facts->key.address[1], addresses + each, each);
    same(row, "lower end's port", facts->key.port[0], ports[0]);
    same(row, "higher end's port", facts->key.port[1], ports[1]);
}

static void scope_check(const struct parse_case *row, const struct flow_key *key)
{
    uint64_t scope = row->vni_scope | (row->ipv6 ? KEY_IPV6 : 0) |
                     (uint64_t)row->vlan_count << KEY_VLAN_COUNT_SHIFT;
    for (unsigned i = 0; i < row->vlan_count; i++) {
        scope |= (uint64_t)row->vlans[i] << (KEY_VLAN_BITS * i);
    }
    same(row, "scope", key->scope, scope);
    same(row, "vni and protocol", key->vni_protocol, row->vni << 8 | row->protocol);
}

static void transport_check(const struct parse_case *row, const struct facts *facts)
{
    if ((row->flags & FACTS_TCP) != 0) {
        same(row, "tcp_sequence", facts->tcp_sequence, 0x01020304);
        same(row, "tcp_length", facts->tcp_length, row->tcp_length);
        same(row, "tcp_flags", facts->tcp_flags, row->tcp_flags != 0 ? row->tcp_flags : 0x18);
        same(row, "tcp_options", facts->tcp_options, row->tcp_options);
    }
    if ((row->flags & FACTS_ICMP) != 0) {
        same(row, "icmp_type", facts->icmp_type, row->icmp_type);
        same(row, "icmp_code", facts->icmp_code, row->icmp_code);
    }
    if ((row->flags & (FACTS_FRAGMENT_FIRST | FACTS_FRAGMENT_LATER)) != 0) {
        same(row, "fragment_id", facts->fragment_id, row->fragment_id);
        same(row, "fragment_protocol", facts->fragment_protocol, row->fragment_protocol);
    }
}

static void rare_check(const struct parse_case *row, const struct facts_rare *rare)
{
    same(row, "mpls_count", rare->mpls_count, row->mpls_count);
    for (unsigned i = 0; i < row->mpls_count; i++) {
        same(row, "label", rare->mpls[i], row->mpls[i]);
    }
    same(row, "tunnel", rare->tunnel, row->tunnel);
    same(row, "has_teid", rare->has_teid, row->has_teid);
    same(row, "teid", rare->teid, row->teid);
    same(row, "has_qfi", rare->has_qfi, row->has_qfi);
    same(row, "qfi", rare->qfi, row->qfi);
    if (row->tunnel == TUNNEL_NONE) {
        return;
    }
    const size_t each = row->tunnel_ipv6 ? 16 : 4;
    const uint8_t *addresses = addresses_expected(true, row->tunnel_ipv6);
    static const uint8_t zeros[12];
    same(row, "tunnel_ipv6", rare->tunnel_ipv6, row->tunnel_ipv6);
    same_octets(row, "tunnel_source", rare->tunnel_source, addresses, each);
    same_octets(row, "tunnel_destination", rare->tunnel_destination, addresses + each, each);
    same_octets(row, "tunnel_source's rest", rare->tunnel_source + each, zeros, 16 - each);
    same_octets(row, "tunnel_destination's rest", rare->tunnel_destination + each, zeros,
                16 - each);
}

void facts_check(const struct parse_case *row, const struct frame *frame,
                 const struct packet *packet, const struct facts *facts)
{
    const bool has_mac = strstr(row->frame, "@eth") != NULL;
    const bool has_rare = row->mpls_count != 0 || row->tunnel != TUNNEL_NONE;
    const char *complaint = facts_complaint(facts, packet);
    if (complaint != NULL) {
        fail_msg("%s: %s", row->name, complaint);
    }
    same(row, "flags", facts->flags,
         row->flags | (has_mac ? FACTS_MAC : 0) | (has_rare ? FACTS_RARE : 0));
    same(row, "bytes", facts->bytes, row->bytes);
    same(row, "ttl", facts->ttl, row->outer ? FRAME_OUTER_TTL : FRAME_FLOW_TTL);
    same(row, "tos", facts->tos, row->outer ? FRAME_OUTER_TOS : FRAME_FLOW_TOS);
    if (has_mac) {
        same_octets(row, "destination_mac", facts->destination_mac, frame_macs, 6);
        same_octets(row, "source_mac", facts->source_mac, frame_macs + 6, 6);
    }
    ends_check(row, frame->swapped, facts);
    scope_check(row, &facts->key);
    transport_check(row, facts);
    if (has_rare) {
        rare_check(row, &facts->rare);
    }
}
