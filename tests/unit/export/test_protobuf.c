// SPDX-License-Identifier: Apache-2.0
// Records as Protobuf: octets, room and the numbers of the tables. That others can read them is
// judge_protobuf.py's to tell.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "export/encode/protobuf.h"
#include "export/encode/varint.h"
#include "tests/unit/export/made.h"

enum { BUFFER = 1 << 20, RUN = 0x1234abcd };

// Schema, sensor and id, as every record with the sequence number 7 has them.
#define HEAD_OF(schema)                                                                            \
    "\x08" schema "\x12\x04"                                                                       \
    "edge"                                                                                         \
    "\x1a\x12"                                                                                     \
    "000000001234abcd-7"
#define HEAD        HEAD_OF("\x02") // of flows
#define HEAD_WINDOW HEAD_OF("\x03")

static int setup(void **state)
{
    *state = protobuf_encoder_create("edge", RUN, NULL);
    return *state == NULL;
}

static int teardown(void **state)
{
    encoder_free(*state);
    return 0;
}

static void check(struct encoder *encoder, struct record *record, const char *expected,
                  size_t expected_bytes)
{
    static char buffer[BUFFER];
    record->sequence = 7;
    ssize_t bytes = encoder_encode(encoder, record, buffer, sizeof(buffer));
    assert_int_equal(bytes, expected_bytes);
    assert_memory_equal(buffer, expected, expected_bytes);
}
#define CHECK(encoder, record, text) check(encoder, record, text, sizeof(text) - 1)

static void test_type_is_told_where_nothing_is_known(void **state)
{
    struct record record;
    record_init(&record, RECORD_FLOW);
    CHECK(*state, &record, HEAD "\x42\x00"); // 8, of a length
    record_init(&record, RECORD_WINDOW);
    CHECK(*state, &record, HEAD_WINDOW "\x4a\x00");
}

static void test_zero_is_not_unknown(void **state)
{
    struct record record = {0};
    record_init(&record, RECORD_FLOW);
    record.flow.transport = "";
    record_know(&record, RECORD_FLOW_START_US);
    CHECK(*state, &record, HEAD "\x42\x02\x08\x00");
    record_know(&record, RECORD_FLOW_END_REASON); // idle, the first of its names
    CHECK(*state, &record, HEAD "\x42\x04\x08\x00\x18\x01");
    record_know(&record, RECORD_FLOW_TRANSPORT);
    record_know(&record, RECORD_FLOW_SOURCE_TTL);
    CHECK(*state, &record, HEAD "\x42\x0a\x08\x00\x18\x01\x82\x01\x00\x88\x02\x00");
}

static void test_lists_are_packed_and_never_empty(void **state)
{
    struct record record = {0};
    record_init(&record, RECORD_FLOW);
    record.flow.vlan = (struct field_numbers){3, {0, 127, 4094}};
    record_know(&record, RECORD_FLOW_SOURCE_MPLS);
    record_know(&record, RECORD_FLOW_VLAN);
    CHECK(*state, &record, HEAD "\x42\x07\xb2\x01\x04\x00\x7f\xfe\x1f");
    record_init(&record, RECORD_WINDOW);
    record_know(&record, RECORD_WINDOW_PROTOCOLS);
    CHECK(*state, &record, HEAD_WINDOW "\x4a\x00");
}

static void test_what_is_no_number_is_left_out(void **state)
{
    struct record record;
    record_init(&record, RECORD_FLOW);
    record.flow.rtt_us = -1;
    record.flow.interarrival_mean_us = NAN;
    record.flow.interarrival_stddev_us = INFINITY;
    record_know(&record, RECORD_FLOW_RTT_US);
    record_know(&record, RECORD_FLOW_INTERARRIVAL_MEAN_US);
    record_know(&record, RECORD_FLOW_INTERARRIVAL_STDDEV_US);
    CHECK(*state, &record, HEAD "\x42\x0c\x98\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

static void test_texts_are_valid(void **state)
{
    struct record record;
    record_init(&record, RECORD_FLOW);
    record.flow.application = "\xc3\xa9\xff";
    record_know(&record, RECORD_FLOW_APPLICATION);
    CHECK(*state, &record, HEAD "\x42\x08\x8a\x01\x05\xc3\xa9\xef\xbf\xbd");

    struct encoder *encoder = protobuf_encoder_create("a\xff", RUN, NULL);
    record_init(&record, RECORD_FLOW);
    CHECK(encoder, &record,
          "\x08\x02\x12\x04"
          "a\xef\xbf\xbd"
          "\x1a\x12"
          "000000001234abcd-7"
          "\x42\x00");
    encoder_free(encoder);
}

static void test_sensor_may_be_long_but_not_too_long(void **state)
{
    (void)state;
    enum { LENGTHS = 2000, LENGTH_AT = 3 };
    char sensor[LENGTHS];
    for (size_t length = 0; length < LENGTHS; length++) {
        memset(sensor, 'x', length);
        sensor[length] = '\0';
        struct error err = {0};
        struct encoder *encoder = protobuf_encoder_create(sensor, RUN, &err);
        if (encoder == NULL) {
            assert_non_null(strstr(err.text, "sensor"));
            assert_true(length > 900);
            return;
        }
        char buffer[LENGTHS];
        struct record record = {0};
        record_init(&record, RECORD_FLOW);
        assert_true(encoder_encode(encoder, &record, buffer, sizeof(buffer)) > 0);
        assert_memory_equal(buffer + LENGTH_AT + varint_bytes(length), sensor, length);
        encoder_free(encoder);
    }
    fail_msg("a name of any length is taken");
}

static void test_varints(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits <= 64; bits++) {
        uint64_t around[] = {bits == 64 ? 0 : UINT64_C(1) << bits,
                             bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1,
                             UINT64_C(0x9249249249249249) >> (bits == 64 ? 0 : bits)};
        for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
            char octets[VARINT_MAX];
            size_t bytes = varint_store(octets, around[i]) - octets;
            uint64_t value = 0;
            for (size_t octet = 0; octet < bytes; octet++) {
                assert_int_equal((octets[octet] & 0x80) != 0, octet + 1 < bytes);
                value |= (uint64_t)(octets[octet] & 0x7f) << 7 * octet;
            }
            assert_int_equal(value, around[i]);
            assert_int_equal(bytes, varint_bytes(around[i]));
            assert_true(bytes == 1 || octets[bytes - 1] != 0); // none that says nothing
        }
    }
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
        buffer[room] = 'e';
        bytes = encoder_encode(encoder, record, buffer, room);
        assert_int_equal(buffer[room], 'e');
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
    static char name[300];
    struct record record;
    made_tcp(&record);
    made_know_all(&record);
    record_identify(&record);
    check_room(*state, &record, 1);

    memset(name, 0xff, sizeof(name) - 1); // thrice as long when it has been made UTF-8
    record.flow.application = name;
    check_room(*state, &record, 1);

    made_window(&record);
    check_room(*state, &record, 1);
    record_release(&record);

    made_window(&record);
    free(record.window.protocols.row);
    struct record_protocol *protocols = calloc(ROWS, sizeof(*protocols));
    for (size_t i = 0; i < ROWS; i++) {
        protocols[i] = (struct record_protocol){i % 2 ? "a short name" : name, UINT64_MAX, i};
    }
    record.window.protocols = (struct field_rows){protocols, ROWS};
    check_room(*state, &record, 97);
    record_release(&record);
}

static void check_number(const struct field_table *table, unsigned number, char *taken)
{
    assert_in_range(number, 1, FIELD_NUMBER_MAX);
    for (const uint16_t *gone = table->retired; gone != NULL && *gone != 0; gone++) {
        assert_int_not_equal(number, *gone);
    }
    assert_int_equal(taken[number]++, 0);
}

static void check_numbers(const struct field_table *table)
{
    char taken[FIELD_NUMBER_MAX + 1] = {0};
    for (size_t i = 0; i < table->count; i++) {
        check_number(table, table->fields[i].number, taken);
        if (table->fields[i].table != NULL) {
            check_numbers(table->fields[i].table);
        }
    }
}

static void test_numbers_are_each_fields_own(void **state)
{
    (void)state;
    char taken[FIELD_NUMBER_MAX + 1] = {0};
    for (size_t i = 0; i < RECORD_COMMON_COUNT; i++) {
        if (i != RECORD_NAME) { // which body is there says it
            check_number(&record_common_table, record_common[i].number, taken);
        }
    }
    for (size_t type = 0; type < RECORD_TYPE_COUNT; type++) {
        check_number(&record_common_table, record_types[type].number, taken);
        check_numbers(record_types[type].table);
    }
}

// Numbers that were given away once; a reader of that day has to understand what is written now.
static void test_numbers_stay(void **state)
{
    (void)state;
    static const uint8_t flow[] = {
        1,  2,  3,  4,  5,  6,  7,  8,  9,  16, 17, 18, 10, 11, 12, 32, 33, 34,
        35, 36, 37, 38, 39, 40, 41, 42, 43, 13, 14, 15, 64, 65, 66, 67, 68, 69,
        70, 71, 72, 73, 74, 75, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
    };
    for (size_t i = 0; i < sizeof(flow); i++) {
        assert_int_equal(record_flow_table.fields[i].number, flow[i]);
    }
    for (size_t i = 0; i <= RECORD_WINDOW_SAMPLING; i++) {
        assert_int_equal(record_window_table.fields[i].number, i + 1);
    }
    assert_int_equal(record_types[RECORD_FLOW].number, 8);
    assert_int_equal(record_types[RECORD_WINDOW].number, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_type_is_told_where_nothing_is_known),
        cmocka_unit_test(test_zero_is_not_unknown),
        cmocka_unit_test(test_lists_are_packed_and_never_empty),
        cmocka_unit_test(test_what_is_no_number_is_left_out),
        cmocka_unit_test(test_texts_are_valid),
        cmocka_unit_test(test_sensor_may_be_long_but_not_too_long),
        cmocka_unit_test(test_varints),
        cmocka_unit_test(test_room_is_kept),
        cmocka_unit_test(test_numbers_are_each_fields_own),
        cmocka_unit_test(test_numbers_stay),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
