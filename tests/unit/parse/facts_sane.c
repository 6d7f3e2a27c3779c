// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/parse/facts_sane.h"

#include <stddef.h>
#include <string.h>

static const uint8_t zeros[16];

static bool ipv4_is_clean(const uint8_t *address)
{
    return memcmp(address + 4, zeros, 12) == 0;
}

static const char *key_complaint(const struct flow_key *key)
{
    const int order = memcmp(key->address[0], key->address[1], 16);
    const uint64_t vlans = (key->scope & KEY_VLAN_COUNT_MASK) >> KEY_VLAN_COUNT_SHIFT;
    const uint64_t vni_scope = key->scope & (KEY_VNI_VXLAN | KEY_VNI_GENEVE);

    if (order > 0 || (order == 0 && key->port[0] > key->port[1])) {
        return "the ends are not in order";
    }
    if ((key->scope & KEY_IPV6) == 0 &&
        !(ipv4_is_clean(key->address[0]) && ipv4_is_clean(key->address[1]))) {
        return "an IPv4 address has more than four octets";
    }
    if (vlans > KEY_VLANS_MAX ||
        (key->scope & (KEY_VLAN_MASK & ~KEY_VLAN_COUNT_MASK)) >> (KEY_VLAN_BITS * vlans) != 0) {
        return "VLAN ids beyond their count";
    }
    if (vni_scope == (KEY_VNI_VXLAN | KEY_VNI_GENEVE) ||
        (vni_scope == 0 && key->vni_protocol >> 8 != 0)) {
        return "the VNI is of no or of two kinds";
    }
    return NULL;
}

static const char *rare_complaint(const struct facts_rare *rare)
{
    if (rare->mpls_count == 0 && rare->tunnel == TUNNEL_NONE) {
        return "rare facts that hold nothing";
    }
    if (rare->mpls_count > MPLS_LABELS_MAX || rare->tunnel >= TUNNEL_COUNT) {
        return "rare facts out of range";
    }
    for (unsigned i = 0; i < rare->mpls_count; i++) {
        if (rare->mpls[i] >> 20 != 0) {
            return "a label over 20 bits";
        }
    }
    if ((rare->has_teid || rare->has_qfi) && rare->tunnel != TUNNEL_GTPU) {
        return "a TEID or QFI outside of GTP-U";
    }
    return NULL;
}

const char *facts_complaint(const struct facts *facts, const struct packet *packet)
{
    const uint16_t fragment = facts->flags & (FACTS_FRAGMENT_FIRST | FACTS_FRAGMENT_LATER);

    if (facts->bytes < 20 || facts->bytes > facts->wire_bytes) {
        return "the IP packet is larger than the frame, or smaller than a header";
    }
    if (facts->wire_bytes != packet->wire_bytes || facts->time_us != packet->time_us) {
        return "wire octets or time are not the packet's";
    }
    if (facts->direction > 1) {
        return "no such direction";
    }
    if (fragment == (FACTS_FRAGMENT_FIRST | FACTS_FRAGMENT_LATER)) {
        return "first and later fragment at once";
    }
    if (fragment == FACTS_FRAGMENT_LATER && (facts->key.port[0] | facts->key.port[1]) != 0) {
        return "a later fragment with ports";
    }
    if ((facts->flags & FACTS_TCP) != 0 && facts->tcp_length > facts->bytes) {
        return "a TCP segment longer than its packet";
    }
    const bool has_payload =
        (uint8_t)facts->key.vni_protocol == 6 || (uint8_t)facts->key.vni_protocol == 17;
    if (facts->payload != 0 && (!has_payload || fragment == FACTS_FRAGMENT_LATER)) {
        return "a payload of no transport";
    }
    const char *complaint = key_complaint(&facts->key);
    if (complaint == NULL && (facts->flags & FACTS_RARE) != 0) {
        complaint = rare_complaint(&facts->rare);
    }
    return complaint;
}

const char *facts_difference(const struct facts *one, const struct facts *other)
{
    if (memcmp(&one->key, &other->key, sizeof(one->key)) != 0) {
        return "key";
    }
    if (one->flags != other->flags) {
        return "flags";
    }
    if (one->time_us != other->time_us || one->bytes != other->bytes ||
        one->wire_bytes != other->wire_bytes || one->direction != other->direction ||
        one->ttl != other->ttl || one->tos != other->tos) {
        return "time, octets, direction, TTL or TOS";
    }
    if ((one->flags & FACTS_TCP) != 0 &&
        (one->tcp_sequence != other->tcp_sequence || one->tcp_length != other->tcp_length ||
         one->tcp_flags != other->tcp_flags || one->tcp_options != other->tcp_options)) {
        return "TCP";
    }
    if ((one->flags & FACTS_ICMP) != 0 &&
        (one->icmp_type != other->icmp_type || one->icmp_code != other->icmp_code)) {
        return "ICMP";
    }
    if (one->payload != other->payload) {
        return "payload";
    }
    if ((one->flags & FACTS_MAC) != 0 &&
        (memcmp(one->source_mac, other->source_mac, 6) != 0 ||
         memcmp(one->destination_mac, other->destination_mac, 6) != 0)) {
        return "MAC";
    }
    if ((one->flags & (FACTS_FRAGMENT_FIRST | FACTS_FRAGMENT_LATER)) != 0 &&
        (one->fragment_id != other->fragment_id ||
         one->fragment_protocol != other->fragment_protocol)) {
        return "fragment";
    }
    if ((one->flags & FACTS_RARE) != 0 &&
        memcmp(&one->rare, &other->rare, sizeof(one->rare)) != 0) {
        return "rare";
    }
    return NULL;
}
