// SPDX-License-Identifier: Apache-2.0
// What no single row can show: limits of depth, the order of ends, the names of rejects.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "dataplane/parse/walk.h"
#include "tests/unit/parse/frame_text.h"

static const struct parse_options usual = {.vlan_in_key = true, .decap_tunnels = true};

// The parse of `start`, `count` times `layer`, `end`.
static enum parse_reject parse_nested(const char *start, const char *layer, unsigned count,
                                      const char *end, struct facts *facts)
{
    struct frame frame = {0};
    frame_append(&frame, start);
    for (unsigned i = 0; i < count; i++) {
        frame_append(&frame, layer);
    }
    frame_append(&frame, end);
    frame_end(&frame);
    const struct packet packet = {.data = frame.octets,
                                  .captured_bytes = frame.bytes,
                                  .wire_bytes = frame.bytes,
                                  .link_type = LINK_ETHERNET};
    return parse_packet(&packet, &usual, facts);
}

static void test_tunnels_nest_to_their_bound(void **state)
{
    (void)state;
    struct facts facts;
    assert_int_equal(parse_nested("@eth 0800", "@ip4:04", PARSE_TUNNELS_MAX, "@a4:11 @udp", &facts),
                     PARSE_OK);
    assert_int_equal(facts.ttl, FRAME_FLOW_TTL);
    assert_int_equal(facts.bytes, 28);

    // One more: the packet around the innermost is the flow.
    assert_int_equal(
        parse_nested("@eth 0800", "@ip4:04", PARSE_TUNNELS_MAX + 1, "@a4:11 @udp", &facts),
        PARSE_OK);
    assert_int_equal(facts.ttl, FRAME_OUTER_TTL);
    assert_int_equal(facts.bytes, 48);
}

static void test_layers_nest_to_their_bound(void **state)
{
    (void)state;
    // Beside the extensions: Ethernet, its type, IPv6, the end of the extensions, transport, UDP.
    const unsigned extensions = PARSE_LAYERS_MAX - 6;
    const char *extension = "3c00 010400000000", *end = "1100 010400000000 @udp";
    struct facts facts;
    assert_int_equal(parse_nested("@eth 86dd @a6:3c", extension, extensions - 1, end, &facts),
                     PARSE_OK);
    assert_int_equal(facts.key.port[0], FRAME_FLOW_SOURCE_PORT);
    assert_int_equal(parse_nested("@eth 86dd @a6:3c", extension, extensions, end, &facts),
                     PARSE_REJECT_LAYER_DEPTH);
}

// Between two equal addresses the ports alone tell the directions apart.
static void test_equal_addresses_are_ordered_by_port(void **state)
{
    (void)state;
    static const char *const frames[] = {
        "@eth 0800 45b8 0028 1234 4000 40 06 0000 0a000001 0a000001 ",
        "@eth 86dd 60000000 0014 06 40 fd000000000000000000000000000001"
        " fd000000000000000000000000000001 ",
    };
    static const char tcp[] = " 00000001 00000000 5010 0000 00000000";
    for (unsigned i = 0; i < 2; i++) {
        struct facts up, down, even;
        assert_int_equal(parse_nested(frames[i], "03e8 07d0", 1, tcp, &up), PARSE_OK);
        assert_int_equal(parse_nested(frames[i], "07d0 03e8", 1, tcp, &down), PARSE_OK);
        assert_int_equal(parse_nested(frames[i], "03e8 03e8", 1, tcp, &even), PARSE_OK);
        assert_memory_equal(&up.key, &down.key, sizeof(up.key));
        assert_int_equal(up.direction, 0);
        assert_int_equal(down.direction, 1);
        assert_int_equal(even.direction, 0);
        assert_int_equal(up.key.port[0], 1000);
        assert_int_equal(up.key.port[1], 2000);
    }
}

static void test_rejects_have_names_of_their_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PARSE_REJECT_COUNT; i++) {
        assert_non_null(parse_reject_name[i]);
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(parse_reject_name[i], parse_reject_name[j]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tunnels_nest_to_their_bound),
        cmocka_unit_test(test_layers_nest_to_their_bound),
        cmocka_unit_test(test_equal_addresses_are_ordered_by_port),
        cmocka_unit_test(test_rejects_have_names_of_their_own),
    };
    return cmocka_run_group_tests_name("parse_bounds", tests, NULL, NULL);
}
