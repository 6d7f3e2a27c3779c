// SPDX-License-Identifier: Apache-2.0
// Records as JSON, octet for octet.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "export/encode/json.h"
#include "tests/unit/export/made.h"

enum { BUFFER = 1 << 20, RUN = 0x1234abcd };

#define HEAD(type, schema)                                                                         \
    "{\"type\":\"" type "\",\"schema\":" schema ",\"sensor\":\"edge\",\"id\":\"000000001234abcd-"  \
    "7\""

static int setup(void **state)
{
    *state = json_encoder_create("edge", RUN, NULL);
    return *state == NULL;
}

static int teardown(void **state)
{
    encoder_free(*state);
    return 0;
}

static void check(struct encoder *encoder, struct record *record, const char *expected)
{
    static char buffer[BUFFER];
    record->sequence = 7;
    ssize_t bytes = encoder_encode(encoder, record, buffer, sizeof(buffer));
    assert_true(bytes > 0);
    buffer[bytes] = '\0';
    assert_string_equal(buffer, expected);
}

static void test_nothing_known(void **state)
{
    struct record record;
    record_init(&record, RECORD_FLOW);
    check(*state, &record, HEAD("flow", "2") "}");
    record_init(&record, RECORD_WINDOW);
    check(*state, &record, HEAD("window", "3") "}");
}

static void test_tcp_flow(void **state)
{
    struct record record;
    made_tcp(&record);
    record_identify(&record);
    check(*state, &record,
          HEAD("flow",
               "2") ",\"start_us\":1700000000000001,\"end_us\":1700000000250000,\"end_reason\":"
                    "\"fin\","
                    "\"ip_version\":4,\"source_ip\":\"128.232.110.120\",\"source_port\":34855,"
                    "\"destination_ip\":\"66.35.250.204\",\"destination_port\":80,\"protocol\":6,"
                    "\"transport\":\"tcp\",\"application\":\"https\","
                    "\"community_id\":\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\","
                    "\"source_packets\":11,\"source_bytes\":1200,\"source_wire_bytes\":1354,"
                    "\"source_mac\":\"02:00:00:00:ab:01\",\"source_ttl\":64,\"source_tos\":0,"
                    "\"source_tcp_flags\":27,\"source_tcp_syn_bytes\":60,\"source_tcp_options\":"
                    "286,"
                    "\"source_retransmits\":0,"
                    "\"destination_packets\":9,\"destination_bytes\":10800,\"destination_wire_"
                    "bytes\":10926,"
                    "\"destination_mac\":\"02:00:00:00:ab:02\",\"destination_ttl\":52,"
                    "\"destination_tos\":8,"
                    "\"destination_tcp_flags\":27,\"destination_tcp_syn_bytes\":60,"
                    "\"destination_tcp_options\":286,\"destination_retransmits\":1,"
                    "\"rtt_us\":20500,\"interarrival_mean_us\":12500.25,\"interarrival_stddev_"
                    "us\":0.0}");
}

static void test_rare_fields(void **state)
{
    struct record record;
    made_tcp(&record);
    record_init(&record, RECORD_FLOW);
    record.flow.side[RECORD_SOURCE].ip = (struct field_ip){6, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
    record.flow.side[RECORD_SOURCE].mpls = (struct field_numbers){2, {16, 1048575}};
    record.flow.side[RECORD_DESTINATION].teid = UINT32_MAX;
    record.flow.side[RECORD_DESTINATION].qfi = 9;
    record.flow.side[RECORD_SOURCE].icmp_type = 128;
    record.flow.vlan = (struct field_numbers){1, {4094}};
    record.flow.tunnel = RECORD_TUNNEL_CAPWAP;
    record.flow.vni = 0xffffff;
    record.flow.tunnel_source = (struct field_ip){4, {10, 0, 0, 1}};
    static const enum record_flow_field known[] = {
        RECORD_FLOW_IP_VERSION,       RECORD_FLOW_SOURCE_IP,
        RECORD_FLOW_SOURCE_MPLS,      RECORD_FLOW_SOURCE_ICMP_TYPE,
        RECORD_FLOW_DESTINATION_MPLS, RECORD_FLOW_DESTINATION_TEID,
        RECORD_FLOW_DESTINATION_QFI,  RECORD_FLOW_VLAN,
        RECORD_FLOW_TUNNEL,           RECORD_FLOW_VNI,
        RECORD_FLOW_TUNNEL_SOURCE_IP,
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        record_know(&record, known[i]);
    }
    check(*state, &record,
          HEAD("flow",
               "2") ",\"ip_version\":6,\"source_ip\":\"2001:db8::1\",\"source_mpls\":[16,1048575],"
                    "\"source_icmp_type\":128,\"destination_mpls\":[],"
                    "\"destination_teid\":4294967295,\"destination_qfi\":9,\"vlan\":[4094],"
                    "\"tunnel\":\"capwap\",\"vni\":16777215,\"tunnel_source_ip\":\"10.0.0.1\"}");
}

static void test_every_end_has_a_name(void **state)
{
    static const char *const names[] = {"idle", "active", "fin", "rst", "evicted", "shutdown"};
    for (int end = 0; end < RECORD_END_COUNT; end++) {
        struct record record;
        record_init(&record, RECORD_FLOW);
        record.flow.end_reason = end;
        record_know(&record, RECORD_FLOW_END_REASON);
        char expected[256];
        snprintf(expected, sizeof(expected), HEAD("flow", "2") ",\"end_reason\":\"%s\"}",
                 names[end]);
        check(*state, &record, expected);
    }
}

static void test_window(void **state)
{
    struct record record;
    made_window(&record);
    check(*state, &record,
          HEAD("window",
               "3") ",\"start_us\":1700000000000000,\"end_us\":1700000001000000,\"packets\":100,"
                    "\"bytes\":120800,\"wire_bytes\":122200,\"mean_packet_bytes\":1208.0,"
                    "\"mean_interarrival_us\":10000.5,\"flows_started\":4,\"flows_ended\":3,"
                    "\"flows_active\":7,\"sources\":2,\"destinations\":5,\"source_entropy\":1.0,"
                    "\"destination_entropy\":2.321928,\"protocols\":["
                    "{\"name\":\"https\",\"packets\":90,\"bytes\":120000},"
                    "{\"name\":\"dns\",\"packets\":10,\"bytes\":800}],"
                    "\"loss\":{\"late\":1,\"capture_drops\":0,\"parse_rejects\":0,\"evicted\":2,"
                    "\"hosts_overflow\":0,\"shed\":3,\"activity_shed\":0},\"sampling\":16}");
    record_release(&record);
    assert_null(record.window.protocols.row);
}

static void test_no_rows(void **state)
{
    struct record record;
    record_init(&record, RECORD_WINDOW);
    record.window.protocols = (struct field_rows){0};
    record_know(&record, RECORD_WINDOW_PROTOCOLS);
    check(*state, &record, HEAD("window", "3") ",\"protocols\":[]}");
    record_release(&record);
}

static void test_what_json_cannot_say_is_left_out(void **state)
{
    struct record record;
    record_init(&record, RECORD_FLOW);
    record.flow.rtt_us = -1;
    record.flow.interarrival_mean_us = NAN;
    record.flow.vni = 1;
    record_know(&record, RECORD_FLOW_RTT_US);
    record_know(&record, RECORD_FLOW_INTERARRIVAL_MEAN_US);
    record_know(&record, RECORD_FLOW_VNI);
    check(*state, &record, HEAD("flow", "2") ",\"rtt_us\":-1,\"vni\":1}");
}

static void test_sensor_is_escaped(void **state)
{
    (void)state;
    struct record record;
    record_init(&record, RECORD_FLOW);
    struct encoder *encoder = json_encoder_create("a \"b\"\n\xff", UINT64_MAX, NULL);
    check(encoder, &record,
          "{\"type\":\"flow\",\"schema\":2,\"sensor\":\"a \\\"b\\\"\\n\xef\xbf\xbd\","
          "\"id\":\"ffffffffffffffff-7\"}");
    encoder_free(encoder);
}

static void test_sensor_too_long(void **state)
{
    (void)state;
    char sensor[2000];
    memset(sensor, 'x', sizeof(sensor) - 1);
    sensor[sizeof(sensor) - 1] = '\0';
    struct error err = {0};
    assert_null(json_encoder_create(sensor, RUN, &err));
    assert_non_null(strstr(err.text, "sensor"));
}

// Whatever room it is given, the encoder stays inside (a sanitizer looks on), and what it does
// write is whole.
static void check_room(struct encoder *encoder, struct record *record, size_t step)
{
    static char whole[BUFFER];
    ssize_t length = encoder_encode(encoder, record, whole, sizeof(whole));
    assert_true(length > 0);
    ssize_t bytes = -ENOSPC;
    for (size_t room = 0; bytes < 0; room += step) {
        char *buffer = malloc(room + 1);
        bytes = encoder_encode(encoder, record, buffer, room);
        if (bytes < 0) {
            assert_int_equal(bytes, -ENOSPC);
        } else {
            assert_int_equal(bytes, length);
            assert_memory_equal(buffer, whole, length);
        }
        free(buffer);
        assert_true(room < sizeof(whole));
    }
}

static void test_room_is_kept(void **state)
{
    enum { ROWS = 512 };
    struct record record;
    made_tcp(&record);
    made_know_all(&record);
    record_identify(&record);
    check_room(*state, &record, 1);

    made_window(&record);
    check_room(*state, &record, 1);
    record_release(&record);

    made_window(&record);
    free(record.window.protocols.row);
    struct record_protocol *protocols = calloc(ROWS, sizeof(*protocols));
    for (size_t i = 0; i < ROWS; i++) {
        protocols[i] = (struct record_protocol){"a protocol with a long name", UINT64_MAX, i};
    }
    record.window.protocols = (struct field_rows){protocols, ROWS};
    check_room(*state, &record, 97);
    record_release(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_known),
        cmocka_unit_test(test_tcp_flow),
        cmocka_unit_test(test_rare_fields),
        cmocka_unit_test(test_every_end_has_a_name),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_what_json_cannot_say_is_left_out),
        cmocka_unit_test(test_sensor_is_escaped),
        cmocka_unit_test(test_sensor_too_long),
        cmocka_unit_test(test_room_is_kept),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
