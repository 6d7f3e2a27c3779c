// SPDX-License-Identifier: Apache-2.0
// Which subjects a flow counts to, how they are written and in which order they come.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/query/subject.h"
#include "flow_made.h"

enum { UNASSIGNED = 253 };

static struct pane_flow web_from_the_other_end(void)
{
    struct pane_flow flow = flow_made_web();
    flow.state = FLOW_SOURCE;
    return flow;
}

static struct pane_flow to_itself(void)
{
    struct pane_flow flow = flow_made_web();
    memcpy(flow.key.address[1], flow.key.address[0], sizeof(flow.key.address[0]));
    flow.key.port[0] = flow.key.port[1] = 5000;
    memcpy(flow.mac[1], flow.mac[0], sizeof(flow.mac[0]));
    return flow;
}

static struct pane_flow neighbours(void)
{
    struct pane_flow flow = flow_made_web();
    const uint8_t near[4] = {10, 0, 0, 200};
    memcpy(flow.key.address[1], near, sizeof(near));
    return flow;
}

static struct pane_flow unassigned(void)
{
    struct pane_flow flow = flow_made_ping();
    flow.key.vni_protocol = flow.application = UNASSIGNED;
    return flow;
}

static struct pane_flow port_0(void)
{
    struct pane_flow flow = flow_made_web();
    flow.key.port[1] = 0;
    return flow;
}

static struct pane_flow unknown_tcp(void)
{
    struct pane_flow flow = flow_made_web();
    flow.application = flow_made_application("tcp");
    return flow;
}

static struct pane_flow priority_tagged(void)
{
    struct pane_flow flow = flow_made_web();
    flow.key.scope = UINT64_C(1) << KEY_VLAN_COUNT_SHIFT;
    return flow;
}

static struct pane_flow four_tags(void)
{
    struct pane_flow flow = flow_made_web();
    flow.key.scope = UINT64_C(4) << KEY_VLAN_COUNT_SHIFT | ((UINT64_C(1) << 48) - 1);
    return flow;
}

static struct pane_flow geneve(void)
{
    struct pane_flow flow = flow_made_web();
    flow.key.scope = KEY_VNI_GENEVE;
    return flow;
}

static struct pane_flow one_teid(void)
{
    struct pane_flow flow = flow_made_mobile();
    flow.rare.has_teid[1] = 0;
    return flow;
}

static struct pane_flow same_teids(void)
{
    struct pane_flow flow = flow_made_mobile();
    flow.rare.teid[0] = flow.rare.teid[1] = UINT32_MAX;
    return flow;
}

// Octets are there, but no flag says that they hold.
static struct pane_flow stale(void)
{
    struct pane_flow flow = flow_made_mobile();
    flow.flags = 0;
    return flow;
}

static struct pane_flow ends_turned(void)
{
    struct pane_flow flow = flow_made_web();
    uint8_t address[16];
    memcpy(address, flow.key.address[0], sizeof(address));
    memcpy(flow.key.address[0], flow.key.address[1], sizeof(address));
    memcpy(flow.key.address[1], address, sizeof(address));
    return flow;
}

#define WEB    flow_made_web
#define MOBILE flow_made_mobile
#define PING   flow_made_ping

static const struct {
    enum subject_kind kind;
    uint8_t ipv4_bits, ipv6_bits;
    struct pane_flow (*flow)(void);
    const char *texts[SUBJECT_KEYS_MAX]; // as many as there are keys
} cases[] = {
    {SUBJECT_SOURCE, 0, 0, WEB, {"10.0.0.1"}},
    {SUBJECT_SOURCE, 0, 0, web_from_the_other_end, {"192.0.2.7"}},
    {SUBJECT_SOURCE, 0, 0, MOBILE, {"2001:db8:0:1::2"}},
    {SUBJECT_DESTINATION, 0, 0, WEB, {"192.0.2.7"}},
    {SUBJECT_DESTINATION, 0, 0, web_from_the_other_end, {"10.0.0.1"}},
    {SUBJECT_DESTINATION, 0, 0, MOBILE, {"2001:db8::1"}},
    {SUBJECT_ADDRESS, 0, 0, WEB, {"10.0.0.1", "192.0.2.7"}},
    {SUBJECT_ADDRESS, 0, 0, to_itself, {"10.0.0.1"}},
    {SUBJECT_SOURCE_PREFIX, 24, 48, WEB, {"10.0.0.0/24"}},
    {SUBJECT_SOURCE_PREFIX, 32, 128, WEB, {"10.0.0.1/32"}},
    {SUBJECT_SOURCE_PREFIX, 24, 48, MOBILE, {"2001:db8::/48"}},
    {SUBJECT_SOURCE_PREFIX, 24, 64, MOBILE, {"2001:db8:0:1::/64"}},
    {SUBJECT_DESTINATION_PREFIX, 1, 1, WEB, {"128.0.0.0/1"}},
    {SUBJECT_DESTINATION_PREFIX, 30, 1, WEB, {"192.0.2.4/30"}},
    {SUBJECT_DESTINATION_PREFIX, 24, 127, MOBILE, {"2001:db8::/127"}},
    {SUBJECT_PREFIX, 24, 48, WEB, {"10.0.0.0/24", "192.0.2.0/24"}},
    {SUBJECT_PREFIX, 24, 48, neighbours, {"10.0.0.0/24"}},
    {SUBJECT_PREFIX, 25, 48, neighbours, {"10.0.0.0/25", "10.0.0.128/25"}},
    {SUBJECT_PREFIX, 24, 48, MOBILE, {"2001:db8::/48"}},
    {SUBJECT_SOURCE_PORT, 0, 0, WEB, {"40000"}},
    {SUBJECT_SOURCE_PORT, 0, 0, MOBILE, {"40001"}},
    {SUBJECT_SOURCE_PORT, 0, 0, PING, {NULL}},
    {SUBJECT_DESTINATION_PORT, 0, 0, WEB, {"443"}},
    {SUBJECT_DESTINATION_PORT, 0, 0, MOBILE, {"53"}},
    {SUBJECT_DESTINATION_PORT, 0, 0, port_0, {"0"}},
    {SUBJECT_PORT, 0, 0, WEB, {"40000", "443"}},
    {SUBJECT_PORT, 0, 0, to_itself, {"5000"}},
    {SUBJECT_PORT, 0, 0, PING, {NULL}},
    {SUBJECT_PROTOCOL, 0, 0, WEB, {"https"}},
    {SUBJECT_PROTOCOL, 0, 0, PING, {"icmp"}},
    {SUBJECT_PROTOCOL, 0, 0, unknown_tcp, {"tcp"}},
    {SUBJECT_PROTOCOL, 0, 0, unassigned, {"253"}},
    {SUBJECT_TRANSPORT, 0, 0, WEB, {"tcp"}},
    {SUBJECT_TRANSPORT, 0, 0, MOBILE, {"udp"}},
    {SUBJECT_TRANSPORT, 0, 0, unassigned, {"253"}},
    {SUBJECT_APPLICATION, 0, 0, MOBILE, {"dns"}},
    {SUBJECT_APPLICATION, 0, 0, PING, {NULL}},
    {SUBJECT_APPLICATION, 0, 0, unknown_tcp, {NULL}},
    {SUBJECT_VLAN, 0, 0, WEB, {NULL}},
    {SUBJECT_VLAN, 0, 0, MOBILE, {"100.200"}},
    {SUBJECT_VLAN, 0, 0, priority_tagged, {"0"}},
    {SUBJECT_VLAN, 0, 0, four_tags, {"4095.4095.4095.4095"}},
    {SUBJECT_VNI, 0, 0, WEB, {NULL}},
    {SUBJECT_VNI, 0, 0, MOBILE, {"5000"}},
    {SUBJECT_VNI, 0, 0, geneve, {"0"}},
    {SUBJECT_TEID, 0, 0, WEB, {NULL}},
    {SUBJECT_TEID, 0, 0, MOBILE, {"9", "7"}},
    {SUBJECT_TEID, 0, 0, one_teid, {"7"}},
    {SUBJECT_TEID, 0, 0, same_teids, {"4294967295"}},
    {SUBJECT_TEID, 0, 0, stale, {NULL}},
    {SUBJECT_CONVERSATION, 0, 0, WEB, {"10.0.0.1 192.0.2.7"}},
    {SUBJECT_CONVERSATION, 0, 0, web_from_the_other_end, {"10.0.0.1 192.0.2.7"}},
    {SUBJECT_CONVERSATION, 0, 0, ends_turned, {"10.0.0.1 192.0.2.7"}},
    {SUBJECT_CONVERSATION, 0, 0, MOBILE, {"2001:db8::1 2001:db8:0:1::2"}},
    {SUBJECT_CONVERSATION, 0, 0, to_itself, {"10.0.0.1 10.0.0.1"}},
    {SUBJECT_SOURCE_MAC, 0, 0, WEB, {"02:00:00:00:00:01"}},
    {SUBJECT_SOURCE_MAC, 0, 0, web_from_the_other_end, {"02:00:00:00:00:02"}},
    {SUBJECT_SOURCE_MAC, 0, 0, PING, {NULL}},
    {SUBJECT_DESTINATION_MAC, 0, 0, WEB, {"02:00:00:00:00:02"}},
    {SUBJECT_MAC, 0, 0, WEB, {"02:00:00:00:00:01", "02:00:00:00:00:02"}},
    {SUBJECT_MAC, 0, 0, to_itself, {"02:00:00:00:00:01"}},
};

static void test_a_flow_counts_to_its_subjects(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct subject subject = {cases[i].kind, cases[i].ipv4_bits, cases[i].ipv6_bits};
        struct pane_flow flow = cases[i].flow();
        struct subject_key keys[SUBJECT_KEYS_MAX];
        unsigned count = subject_keys(&subject, &flow, keys);
        unsigned expected = (cases[i].texts[0] != NULL) + (cases[i].texts[1] != NULL);
        if (count != expected) {
            fail_msg("case %zu, %s: %u keys, not %u", i, subject_kind_names[subject.kind], count,
                     expected);
        }
        for (unsigned key = 0; key < count; key++) {
            char text[SUBJECT_TEXT_MAX];
            subject_text(&subject, &keys[key], text);
            assert_string_equal(text, cases[i].texts[key]);
        }
    }
}

static struct subject_key key_of(struct subject subject, const struct pane_flow *flow)
{
    struct subject_key keys[SUBJECT_KEYS_MAX];
    memset(keys, 0xff, sizeof(keys)); // what is left from before must not show
    assert_int_equal(subject_keys(&subject, flow, keys), 1);
    return keys[0];
}

static void assert_before(struct subject subject, const struct pane_flow *lower,
                          const struct pane_flow *higher)
{
    struct subject_key one = key_of(subject, lower);
    struct subject_key other = key_of(subject, higher);
    assert_true(memcmp(&one, &other, sizeof(one)) < 0);
}

static void test_keys_order_as_their_kind_does(void **state)
{
    (void)state;
    struct pane_flow web = flow_made_web();
    struct pane_flow back = web_from_the_other_end();
    struct pane_flow mobile = flow_made_mobile();
    assert_before((struct subject){SUBJECT_SOURCE}, &web, &back);
    assert_before((struct subject){SUBJECT_SOURCE}, &back, &mobile);   // IPv4 first
    assert_before((struct subject){SUBJECT_SOURCE_PORT}, &back, &web); // 443 before 40000

    struct pane_flow tagged = priority_tagged();
    assert_before((struct subject){SUBJECT_VLAN}, &tagged, &mobile);
    tagged.key.scope = UINT64_C(1) << KEY_VLAN_COUNT_SHIFT | 100;
    assert_before((struct subject){SUBJECT_VLAN}, &tagged, &mobile); // 100, 100.200
    tagged.key.scope = UINT64_C(1) << KEY_VLAN_COUNT_SHIFT | 101;
    assert_before((struct subject){SUBJECT_VLAN}, &mobile, &tagged); // 100.200, 101
}

static void test_equal_subjects_have_equal_keys(void **state)
{
    (void)state;
    struct pane_flow web = flow_made_web();
    struct pane_flow near = neighbours();
    near.key.port[0] = 1;
    struct subject_key one = key_of((struct subject){SUBJECT_SOURCE_PREFIX, 24, 48}, &web);
    struct subject_key other = key_of((struct subject){SUBJECT_SOURCE_PREFIX, 24, 48}, &near);
    assert_memory_equal(&one, &other, sizeof(one));
}

static void test_each_kind_has_a_name(void **state)
{
    (void)state;
    for (int kind = 0; kind < SUBJECT_KIND_COUNT; kind++) {
        assert_non_null(subject_kind_names[kind]);
    }
    assert_null(subject_kind_names[SUBJECT_KIND_COUNT]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_flow_counts_to_its_subjects),
        cmocka_unit_test(test_keys_order_as_their_kind_does),
        cmocka_unit_test(test_equal_subjects_have_equal_keys),
        cmocka_unit_test(test_each_kind_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
