// SPDX-License-Identifier: Apache-2.0
// What of a flow ends up where in its record, and what is left unknown.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/publish/fill.h"

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, SCTP = 132, UNASSIGNED = 200, HTTPS_PORT = 443 };

#define BIT(field)  (UINT64_C(1) << RECORD_FLOW_##field)
#define BOTH(field) (BIT(SOURCE_##field) | BIT(DESTINATION_##field))

// Known of every flow of two packets or more that has a named transport.
#define ALWAYS                                                                                     \
    (BIT(START_US) | BIT(END_US) | BIT(END_REASON) | BIT(IP_VERSION) | BOTH(IP) | BIT(PROTOCOL) |  \
     BIT(TRANSPORT) | BOTH(PACKETS) | BOTH(BYTES) | BOTH(WIRE_BYTES) | BIT(INTERARRIVAL_MEAN_US) | \
     BIT(INTERARRIVAL_STDDEV_US))
#define HEARD        (BOTH(TTL) | BOTH(TOS)) // of a side that sent anything
#define TCP_SAID     (BOTH(TCP_FLAGS) | BOTH(TCP_OPTIONS) | BOTH(RETRANSMITS))
#define TCP_EXPECTED (ALWAYS | HEARD | BOTH(PORT) | BIT(APPLICATION) | TCP_SAID)
#define ICMP_SAID    (BOTH(ICMP_TYPE) | BOTH(ICMP_CODE))

// Endpoint 0 is 10.0.0.1:40000, endpoint 1 172.16.0.1:443; both sent.
static struct flow_record flow_of(uint8_t protocol)
{
    struct flow_record record = {
        .flow = {.key = {.address = {{10, 0, 0, 1}, {172, 16, 0, 1}}, .vni_protocol = protocol},
                 .start_us = 1000,
                 .last_us = 60,
                 .gap_squares = 1400, // gaps of 10, 20 and 30
                 .side = {{.bytes = 300, .wire_bytes = 342, .packets = 3},
                          {.bytes = 50, .wire_bytes = 64, .packets = 1}},
                 .ttl = {64, 57},
                 .tos = {8, 16},
                 .application = protocol,
                 .rare = FLOW_NO_RARE},
        .end = FLOW_END_IDLE,
    };
    if (protocol == TCP || protocol == UDP || protocol == SCTP) {
        record.flow.key.port[0] = 40000;
        record.flow.key.port[1] = HTTPS_PORT;
    }
    if (protocol == TCP || protocol == ICMP || protocol == ICMPV6) {
        record.flow.has_transport[0] = record.flow.has_transport[1] = 1;
    }
    return record;
}

static uint16_t https(void)
{
    static struct application_ports ports;
    application_ports_init(&ports);
    const uint16_t port[2] = {40000, HTTPS_PORT};
    return application_find(&ports, TCP, port);
}

// Each changes a flow that is named by the case.

static void plain(struct flow_record *flow)
{
    (void)flow;
}

static void application_known(struct flow_record *flow)
{
    flow->flow.application = https();
}

static void handshake_seen(struct flow_record *flow)
{
    application_known(flow);
    flow->flow.state = FLOW_SYN | FLOW_SYN_ACK | FLOW_ESTABLISHED;
    flow->flow.tcp_syn_bytes[0] = 60;
    flow->flow.tcp_syn_bytes[1] = 52;
}

static void handshake_unfinished(struct flow_record *flow)
{
    application_known(flow);
    flow->flow.state = FLOW_SYN | FLOW_SYN_ACK;
    flow->flow.tcp_syn_bytes[1] = 52;
}

static void no_answer(struct flow_record *flow)
{
    flow->flow.side[1] = (struct flow_side){0};
    flow->flow.has_transport[1] = 0;
}

static void no_question(struct flow_record *flow)
{
    flow->flow.side[0] = (struct flow_side){0};
    flow->flow.has_transport[0] = 0;
    flow->flow.state = FLOW_SOURCE;
}

static void no_header_of_endpoint_1(struct flow_record *flow)
{
    flow->flow.has_transport[1] = 0;
}

static void one_packet(struct flow_record *flow)
{
    no_answer(flow);
    flow->flow.side[0].packets = 1;
}

static void no_ports(struct flow_record *flow)
{
    flow->flow.key.port[0] = flow->flow.key.port[1] = 0;
}

static void one_port_is_zero(struct flow_record *flow)
{
    flow->flow.key.port[0] = 0;
}

static void with_macs(struct flow_record *flow)
{
    flow->flow.has_mac = 1;
}

static void with_vlans(struct flow_record *flow)
{
    flow->flow.key.scope = (UINT64_C(1) << KEY_VLAN_COUNT_SHIFT) | 100;
}

static void with_vni(struct flow_record *flow)
{
    flow->flow.key.scope = KEY_VNI_VXLAN;
}

static void with_geneve_vni_0(struct flow_record *flow)
{
    flow->flow.key.scope = KEY_VNI_GENEVE;
}

static void with_labels_of_endpoint_1(struct flow_record *flow)
{
    flow->flow.rare = 0;
    flow->rare.mpls_count[1] = 2;
}

static void with_gtpu_of_endpoint_0(struct flow_record *flow)
{
    flow->flow.rare = 3;
    flow->rare.tunnel = TUNNEL_GTPU;
    flow->rare.has_teid[0] = 1;
    flow->rare.has_qfi[0] = 1;
}

// What a slot of the ring held before is not this flow's.
static void with_old_rare_facts(struct flow_record *flow)
{
    memset(&flow->rare, 1, sizeof(flow->rare));
}

static const struct known_case {
    const char *name;
    uint8_t protocol;
    void (*change)(struct flow_record *flow);
    uint64_t known;
} known_cases[] = {
    {"TCP in the middle", TCP, application_known, TCP_EXPECTED},
    {"TCP from its handshake on", TCP, handshake_seen,
     TCP_EXPECTED | BOTH(TCP_SYN_BYTES) | BIT(RTT_US)},
    {"TCP, handshake not complete", TCP, handshake_unfinished,
     TCP_EXPECTED | BIT(DESTINATION_TCP_SYN_BYTES)},
    {"TCP, one way", TCP, no_answer,
     (TCP_EXPECTED & ~BIT(APPLICATION)) &
         ~(BIT(DESTINATION_TTL) | BIT(DESTINATION_TOS) | BIT(DESTINATION_TCP_FLAGS) |
           BIT(DESTINATION_TCP_OPTIONS) | BIT(DESTINATION_RETRANSMITS))},
    {"TCP, no segment of one side had its header", TCP, no_header_of_endpoint_1,
     (TCP_EXPECTED & ~BIT(APPLICATION)) &
         ~(BIT(DESTINATION_TCP_FLAGS) | BIT(DESTINATION_TCP_OPTIONS) |
           BIT(DESTINATION_RETRANSMITS))},
    {"UDP", UDP, plain, ALWAYS | HEARD | BOTH(PORT)},
    {"UDP, only endpoint 1 sent", UDP, no_question,
     (ALWAYS | HEARD | BOTH(PORT)) & ~(BIT(DESTINATION_TTL) | BIT(DESTINATION_TOS) |
                                       BIT(INTERARRIVAL_MEAN_US) | BIT(INTERARRIVAL_STDDEV_US))},
    {"UDP, one packet", UDP, one_packet,
     (ALWAYS | HEARD | BOTH(PORT)) & ~(BIT(DESTINATION_TTL) | BIT(DESTINATION_TOS) |
                                       BIT(INTERARRIVAL_MEAN_US) | BIT(INTERARRIVAL_STDDEV_US))},
    {"UDP fragments without their first", UDP, no_ports, ALWAYS | HEARD},
    {"UDP from port 0", UDP, one_port_is_zero, ALWAYS | HEARD | BOTH(PORT)},
    {"SCTP", SCTP, plain, ALWAYS | HEARD | BOTH(PORT)},
    {"ICMP", ICMP, plain, ALWAYS | HEARD | ICMP_SAID},
    {"ICMPv6", ICMPV6, plain, ALWAYS | HEARD | ICMP_SAID},
    {"ICMP, one side's header never seen", ICMP, no_header_of_endpoint_1,
     (ALWAYS | HEARD | ICMP_SAID) & ~(BIT(DESTINATION_ICMP_TYPE) | BIT(DESTINATION_ICMP_CODE))},
    {"a protocol without a name", UNASSIGNED, plain, (ALWAYS | HEARD) & ~BIT(TRANSPORT)},
    {"MAC addresses", UDP, with_macs, ALWAYS | HEARD | BOTH(PORT) | BOTH(MAC)},
    {"VLAN", UDP, with_vlans, ALWAYS | HEARD | BOTH(PORT) | BIT(VLAN)},
    {"VNI", UDP, with_vni, ALWAYS | HEARD | BOTH(PORT) | BIT(VNI)},
    {"VNI 0 is one too", UDP, with_geneve_vni_0, ALWAYS | HEARD | BOTH(PORT) | BIT(VNI)},
    {"MPLS, one way", UDP, with_labels_of_endpoint_1,
     ALWAYS | HEARD | BOTH(PORT) | BIT(DESTINATION_MPLS)},
    {"GTP-U, one way", UDP, with_gtpu_of_endpoint_0,
     ALWAYS | HEARD | BOTH(PORT) | BIT(SOURCE_TEID) | BIT(SOURCE_QFI) | BIT(TUNNEL) |
         BIT(TUNNEL_SOURCE_IP) | BIT(TUNNEL_DESTINATION_IP)},
    {"leftovers of another flow", UDP, with_old_rare_facts, ALWAYS | HEARD | BOTH(PORT)},
};

static void what_is_known_is_told(void **state)
{
    const struct known_case *known = *state;
    struct flow_record flow = flow_of(known->protocol);
    known->change(&flow);
    static struct record record;
    memset(&record, 0xff, sizeof(record)); // a slot that was used before
    fill_flow(&record, &flow, 1);
    assert_int_equal(record.type, RECORD_FLOW);
    for (unsigned field = 0; field < RECORD_FLOW_FIELD_COUNT; field++) {
        if (record_knows(&record, field) != (known->known >> field & 1)) {
            fail_msg("%s is %s", record_flow_table.fields[field].name,
                     record_knows(&record, field) ? "known" : "unknown");
        }
    }
    assert_int_equal(record.known, known->known);
}

// A flow that knows all there is to know, every value different from every other.
static struct flow_record flow_full(void)
{
    struct flow_record flow = flow_of(TCP);
    struct flow_entry *entry = &flow.flow;
    application_known(&flow);
    entry->state = FLOW_SYN | FLOW_SYN_ACK | FLOW_ESTABLISHED;
    entry->handshake = 31;
    entry->has_mac = 1;
    entry->rare = 0;
    entry->key.vni_protocol = 0xabcdef00 | TCP;
    entry->key.scope = KEY_VNI_VXLAN | (UINT64_C(3) << KEY_VLAN_COUNT_SHIFT) | 11 |
                       UINT64_C(4095) << KEY_VLAN_BITS | UINT64_C(33) << (2 * KEY_VLAN_BITS);
    for (uint8_t side = 0; side < 2; side++) {
        memset(entry->mac[side], 0x20 + side, sizeof(entry->mac[side]));
        entry->retransmits[side] = 40 + side;
        entry->tcp_flags[side] = (uint8_t)(50 + side);
        entry->tcp_options[side] = UINT64_C(1) << (60 + side);
        entry->tcp_syn_bytes[side] = (uint16_t)(70 + side);
        flow.rare.mpls_count[side] = (uint8_t)(2 + side);
        for (uint32_t i = 0; i < flow.rare.mpls_count[side]; i++) {
            flow.rare.mpls[side][i] = 1000 * (side + 1u) + i;
        }
        flow.rare.has_teid[side] = flow.rare.has_qfi[side] = 1;
        flow.rare.teid[side] = 0x80000000u + side;
        flow.rare.qfi[side] = (uint8_t)(90 + side);
        memset(flow.rare.tunnel_address[side], 0xa0 + side, 16);
    }
    flow.rare.tunnel = TUNNEL_CAPWAP;
    flow.rare.tunnel_ipv6 = 1;
    flow.end = FLOW_END_RST;
    return flow;
}

// The record's side against what endpoint `from` of the key sent.
static void side_check(const struct record_side *side, const struct flow_record *flow,
                       unsigned from)
{
    const struct flow_entry *entry = &flow->flow;
    assert_int_equal(side->packets, entry->side[from].packets);
    assert_int_equal(side->bytes, entry->side[from].bytes);
    assert_int_equal(side->wire_bytes, entry->side[from].wire_bytes);
    assert_int_equal(side->port, entry->key.port[from]);
    assert_int_equal(side->ip.version, 4);
    assert_memory_equal(side->ip.octets, entry->key.address[from], 4);
    assert_memory_equal(side->mac, entry->mac[from], sizeof(side->mac));
    assert_int_equal(side->ttl, entry->ttl[from]);
    assert_int_equal(side->tos, entry->tos[from]);
    assert_int_equal(side->retransmits, entry->retransmits[from]);
    assert_int_equal(side->tcp_flags, entry->tcp_flags[from]);
    assert_int_equal(side->tcp_options, entry->tcp_options[from]);
    assert_int_equal(side->tcp_syn_bytes, entry->tcp_syn_bytes[from]);
    assert_int_equal(side->teid, flow->rare.teid[from]);
    assert_int_equal(side->qfi, flow->rare.qfi[from]);
    assert_int_equal(side->mpls.count, flow->rare.mpls_count[from]);
    assert_memory_equal(side->mpls.value, flow->rare.mpls[from],
                        side->mpls.count * sizeof(side->mpls.value[0]));
}

static void values_stand_on_the_right_side(void **state)
{
    (void)state;
    for (unsigned source = 0; source < 2; source++) {
        struct flow_record flow = flow_full();
        flow.flow.state |= source != 0 ? FLOW_SOURCE : 0;
        struct record record;
        fill_flow(&record, &flow, 1);
        const struct record_flow *told = &record.flow;
        side_check(&told->side[RECORD_SOURCE], &flow, source);
        side_check(&told->side[RECORD_DESTINATION], &flow, !source);
        assert_int_equal(told->start_us, 1000);
        assert_int_equal(told->end_us, 1060);
        assert_int_equal(told->end_reason, RECORD_END_RST);
        assert_int_equal(told->protocol, TCP);
        assert_string_equal(told->transport, "tcp");
        assert_string_equal(told->application, "https");
        assert_int_equal(told->rtt_us, 31);
        // Gaps of 10, 20 and 30: a mean of 20 and a variance of 200/3.
        assert_float_equal(told->interarrival_mean_us, 20, 1e-9);
        assert_float_equal(told->interarrival_stddev_us, 8.16496580927726, 1e-9);
        assert_int_equal(told->vni, 0xabcdef);
        assert_int_equal(told->vlan.count, 3);
        assert_int_equal(told->vlan.value[0], 11);
        assert_int_equal(told->vlan.value[1], 4095);
        assert_int_equal(told->vlan.value[2], 33);
        assert_int_equal(told->tunnel, RECORD_TUNNEL_CAPWAP);
        assert_int_equal(told->tunnel_source.version, 6);
        assert_memory_equal(told->tunnel_source.octets, flow.rare.tunnel_address[source], 16);
        assert_memory_equal(told->tunnel_destination.octets, flow.rare.tunnel_address[!source], 16);
    }
}

static void ipv6_addresses_are_whole(void **state)
{
    (void)state;
    struct flow_record flow = flow_of(ICMPV6);
    flow.flow.key.scope = KEY_IPV6;
    for (unsigned end = 0; end < 2; end++) {
        memset(flow.flow.key.address[end], 0xe0 + (int)end, 16);
        flow.flow.icmp[end].type = (uint8_t)(128 + end);
        flow.flow.icmp[end].code = (uint8_t)(7 + end);
    }
    struct record record;
    fill_flow(&record, &flow, 1);
    for (unsigned side = 0; side < 2; side++) {
        const struct record_side *told = &record.flow.side[side];
        assert_int_equal(told->ip.version, 6);
        assert_memory_equal(told->ip.octets, flow.flow.key.address[side], 16);
        assert_int_equal(told->icmp_type, 128 + side);
        assert_int_equal(told->icmp_code, 7 + side);
    }
}

static void every_end_has_its_name(void **state)
{
    (void)state;
    static const char *const names[FLOW_END_COUNT] = {
        [FLOW_END_IDLE] = "idle", [FLOW_END_ACTIVE] = "active",   [FLOW_END_FIN] = "fin",
        [FLOW_END_RST] = "rst",   [FLOW_END_EVICTED] = "evicted", [FLOW_END_SHUTDOWN] = "shutdown",
    };
    const struct field *field = &record_flow_table.fields[RECORD_FLOW_END_REASON];
    for (uint8_t end = 0; end < FLOW_END_COUNT; end++) {
        struct flow_record flow = flow_of(UDP);
        flow.end = end;
        struct record record;
        fill_flow(&record, &flow, 1);
        assert_string_equal(field->names[record.flow.end_reason], names[end]);
    }
}

// Three gaps, the last one longer by a microsecond: what rounding leaves of their variance can lie
// below zero.
static void rounding_makes_no_root_of_a_negative_number(void **state)
{
    (void)state;
    for (uint64_t gap_us = 1; gap_us < 1200000000; gap_us += 1 + gap_us / 7) {
        struct flow_record flow = flow_of(UDP); // four packets
        flow.flow.last_us = (uint32_t)(3 * gap_us + 1);
        flow.flow.gap_squares = 2 * gap_us * gap_us + (gap_us + 1) * (gap_us + 1);
        struct record record;
        fill_flow(&record, &flow, 1);
        double deviation_us = record.flow.interarrival_stddev_us;
        assert_true(deviation_us >= 0 && deviation_us < 1 + 1e-6 * (double)gap_us);
    }
}

int main(void)
{
    enum { KNOWN_CASES = sizeof(known_cases) / sizeof(known_cases[0]), OTHERS = 4 };
    struct CMUnitTest tests[OTHERS + KNOWN_CASES] = {
        cmocka_unit_test(values_stand_on_the_right_side),
        cmocka_unit_test(ipv6_addresses_are_whole),
        cmocka_unit_test(every_end_has_its_name),
        cmocka_unit_test(rounding_makes_no_root_of_a_negative_number),
    };
    for (size_t i = 0; i < KNOWN_CASES; i++) {
        tests[OTHERS + i] = (struct CMUnitTest){known_cases[i].name, what_is_known_is_told, NULL,
                                                NULL, (void *)&known_cases[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
