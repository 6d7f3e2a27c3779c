// SPDX-License-Identifier: Apache-2.0
// Records of queries and anomalies: what is on the heap, what is left out, and how large they get.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "export/batch.h"
#include "export/encode/json.h"
#include "export/encode/protobuf.h"
#include "tests/unit/export/made.h"

enum {
    BUFFER = 1 << 20,
    RUN = 0x1234abcd,
    ROWS_MAX = 1000,              // of a query's answer
    KAFKA_MESSAGE_BYTES = 1000000 // librdkafka's own bound, unless it is set
};

#define JSON_HEAD(type)                                                                            \
    "{\"type\":\"" type "\",\"schema\":1,\"sensor\":\"edge\",\"id\":\"000000001234abcd-7\""

// Schema 1, the sensor and the id.
#define PROTOBUF_HEAD                                                                              \
    "\x08\x01\x12\x04"                                                                             \
    "edge"                                                                                         \
    "\x1a\x12"                                                                                     \
    "000000001234abcd-7"

struct both {
    struct encoder *json, *protobuf;
};

static int setup(void **state)
{
    static struct both both;
    both.json = json_encoder_create("edge", RUN, NULL);
    both.protobuf = protobuf_encoder_create("edge", RUN, NULL);
    *state = &both;
    return both.json == NULL || both.protobuf == NULL;
}

static int teardown(void **state)
{
    struct both *both = *state;
    encoder_free(both->json);
    encoder_free(both->protobuf);
    return 0;
}

static void check(struct encoder *encoder, struct record *record, const char *expected,
                  size_t expected_bytes)
{
    static char buffer[BUFFER];
    record->sequence = 7;
    ssize_t bytes = encoder_encode(encoder, record, buffer, sizeof(buffer) - 1);
    assert_true(bytes > 0);
    buffer[bytes] = '\0';
    assert_string_equal(buffer, expected);
    assert_int_equal(bytes, expected_bytes);
}
#define CHECK(encoder, record, text) check(encoder, record, text, sizeof(text) - 1)

static void test_query(void **state)
{
    const struct both *both = *state;
    struct record record;
    made_query(&record, 0);
    struct record_query_row row = {"10.0.0.1", 15, 62.5, 1.25};
    free(record.query.rows.row);
    record.query.rows = (struct field_rows){memcpy(malloc(sizeof(row)), &row, sizeof(row)), 1};
    record.query.total = 24;
    record.known &= ~(UINT64_C(1) << RECORD_QUERY_LOSS); // as a window's, which is tested there
    CHECK(both->json, &record,
          JSON_HEAD("query") ",\"query\":\"heavy\",\"revision\":2,\"kind\":\"top\","
                             "\"subject\":\"address\",\"by\":\"packets\",\"traffic\":\"all\","
                             "\"window_us\":60000000,\"percent\":5.0,\"k\":10,\"deviations\":3.5,"
                             "\"baseline\":\"zero\",\"ipv4_bits\":24,\"ipv6_bits\":48,"
                             "\"filter\":\"application = \\\"dns\\\"\","
                             "\"start_us\":1700000000000000,\"end_us\":1700000060000000,\"rows\":["
                             "{\"name\":\"10.0.0.1\",\"value\":15,\"percent\":62.5,"
                             "\"deviations\":1.25}],"
                             "\"matching\":2000,\"subjects\":5000,\"total\":24,\"mean\":120.25,"
                             "\"stddev\":30.0,\"exact\":false,\"error_bytes\":77,"
                             "\"error_packets\":77,\"error_flows\":77,\"changed\":true,"
                             "\"sampling\":16}");
    record_release(&record);
    assert_null(record.query.query);
    assert_null(record.query.filter);
    assert_null(record.query.rows.row);
    record_release(&record); // what is gone is not freed twice
}

static void test_anomaly(void **state)
{
    const struct both *both = *state;
    struct record record;
    made_anomaly(&record);
    record.known &= ~(UINT64_C(1) << RECORD_ANOMALY_LOSS);
    CHECK(both->json, &record,
          JSON_HEAD("anomaly") ",\"anomaly\":4,\"phase\":\"update\",\"detector\":\"port_scan\","
                               "\"subject\":\"203.0.113.9\",\"severity\":\"warning\","
                               "\"score\":0.75,\"observed\":255.0,\"expected\":1.5,"
                               "\"unit\":\"ports\",\"start_us\":1700000000000000,"
                               "\"end_us\":1700000003000000,\"explanation\":\"203.0.113.9 tried "
                               "255 ports of 10.0.0.1: \\\"scan\\\"\",\"contributors\":["
                               "{\"name\":\"203.0.113.9\",\"value\":200},"
                               "{\"name\":\"10.0.0.1\",\"value\":55}],"
                               "\"sampling\":16}");
    record_release(&record);
    assert_null(record.anomaly.subject);
    assert_null(record.anomaly.explanation);
    assert_null(record.anomaly.contributors.row);
}

static void test_owned_octets(void **state)
{
    (void)state;
    struct record record;
    made_query(&record, 1000);
    size_t rows = 1000 * sizeof(struct record_query_row);
    assert_in_range(record_owned_bytes(&record), rows + sizeof("heavy"), 8 * rows);
    record_release(&record);
    assert_int_equal(record_owned_bytes(&record), 0);
    made_window(&record);
    assert_in_range(record_owned_bytes(&record), 2 * sizeof(struct record_protocol), 1000);
    record_release(&record);
    made_anomaly(&record);
    assert_true(record_owned_bytes(&record) >=
                strlen(record.anomaly.explanation) + strlen(record.anomaly.subject));
    record_release(&record);
    made_tcp(&record);
    assert_int_equal(record_owned_bytes(&record), 0);
}

static void test_type_is_told_where_nothing_is_known(void **state)
{
    const struct both *both = *state;
    struct record record;
    record_init(&record, RECORD_QUERY);
    CHECK(both->json, &record, JSON_HEAD("query") "}");
    CHECK(both->protobuf, &record, PROTOBUF_HEAD "\x52\x00"); // 10, of a length
    record_init(&record, RECORD_ANOMALY);
    CHECK(both->json, &record, JSON_HEAD("anomaly") "}");
    CHECK(both->protobuf, &record, PROTOBUF_HEAD "\x5a\x00");
}

static void test_text_that_is_not_there_is_left_out(void **state)
{
    const struct both *both = *state;
    struct record record = {0};
    record_init(&record, RECORD_QUERY);
    record_know(&record, RECORD_QUERY_QUERY);
    record_know(&record, RECORD_QUERY_FILTER);
    record_know(&record, RECORD_QUERY_EXACT);
    CHECK(both->json, &record, JSON_HEAD("query") ",\"exact\":false}");
    CHECK(both->protobuf, &record, PROTOBUF_HEAD "\x52\x02\x70\x00");

    record.query.query = strdup("");
    record.query.exact = true;
    CHECK(both->json, &record, JSON_HEAD("query") ",\"query\":\"\",\"exact\":true}");
    CHECK(both->protobuf, &record, PROTOBUF_HEAD "\x52\x04\x0a\x00\x70\x01");
    record_release(&record);
}

static void test_texts_are_escaped(void **state)
{
    const struct both *both = *state;
    struct record record = {0};
    record_init(&record, RECORD_ANOMALY);
    record.anomaly.subject = strdup("\"\\\n\xff");
    record_know(&record, RECORD_ANOMALY_SUBJECT);
    CHECK(both->json, &record, JSON_HEAD("anomaly") ",\"subject\":\"\\\"\\\\\\n\xef\xbf\xbd\"}");
    CHECK(both->protobuf, &record, PROTOBUF_HEAD "\x5a\x08\x22\x06\"\\\n\xef\xbf\xbd");
    record_release(&record);
}

// Whatever room it is given, an encoder stays inside (a sanitizer looks on), and what it does write
// is whole.
static void check_room(struct encoder *encoder, const struct record *record, size_t step)
{
    static char whole[BUFFER];
    ssize_t length = encoder_encode(encoder, record, whole, sizeof(whole));
    assert_true(length > 0);
    ssize_t bytes = -ENOSPC;
    for (size_t room = 0; bytes < 0; room += step) {
        char *buffer = malloc(room + 1);
        bytes = encoder_encode(encoder, record, buffer, room);
        assert_int_equal(bytes, bytes < 0 ? -ENOSPC : length);
        if (bytes > 0) {
            assert_memory_equal(buffer, whole, length);
        }
        free(buffer);
        assert_true(room < sizeof(whole));
    }
}

static void test_room_is_kept(void **state)
{
    static char name[300];
    memset(name, 0xff, sizeof(name) - 1); // thrice as long when it has been made UTF-8
    struct encoder *const encoders[] = {((struct both *)*state)->json,
                                        ((struct both *)*state)->protobuf};
    for (size_t i = 0; i < 2; i++) {
        struct record record;
        made_query(&record, 3);
        free(record.query.filter);
        record.query.filter = strdup(name);
        check_room(encoders[i], &record, 1);
        record_release(&record);
        made_query(&record, ROWS_MAX);
        check_room(encoders[i], &record, 997);
        record_release(&record);
        made_anomaly(&record);
        free(record.anomaly.explanation);
        record.anomaly.explanation = strdup(name);
        check_room(encoders[i], &record, 1);
        record_release(&record);
    }
}

// The largest answer passes all that bounds a record on its way.
static void test_largest_answer_fits(void **state)
{
    (void)state;
    struct batch batch;
    struct record record;
    for (int encoding = 0; encoding < ENCODING_COUNT; encoding++) {
        made_query(&record, ROWS_MAX);
        assert_int_equal(batch_init(&batch, encoding, "edge", RUN, NULL), 0);
        assert_int_equal(batch_add(&batch, &record, 0), 0);
        assert_in_range(batch.messages[0].value_bytes, ROWS_MAX * 100, KAFKA_MESSAGE_BYTES);
        assert_int_equal(batch.messages[0].topic, RECORD_TOPIC_PROCESSED);
        assert_memory_equal(batch.messages[0].key, "edge", batch.messages[0].key_bytes);
        batch_fini(&batch);
        record_release(&record);
    }
}

// Numbers that were given away once; a reader of that day has to understand what is written now.
static void test_numbers_stay(void **state)
{
    (void)state;
    static const uint8_t query[] = {
        1, 2,  3,  4,  5,  6,  7,  16, 17, 18, 19, 20, 21, 22, 8,
        9, 10, 11, 12, 13, 23, 24, 14, 25, 26, 27, 28, 15, 29,
    };
    for (size_t i = 0; i < sizeof(query); i++) {
        assert_int_equal(record_query_table.fields[i].number, query[i]);
    }
    for (size_t i = 0; i <= RECORD_ANOMALY_SAMPLING; i++) {
        assert_int_equal(record_anomaly_table.fields[i].number, i + 1);
    }
    assert_int_equal(record_types[RECORD_QUERY].number, 10);
    assert_int_equal(record_types[RECORD_ANOMALY].number, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_anomaly),
        cmocka_unit_test(test_type_is_told_where_nothing_is_known),
        cmocka_unit_test(test_owned_octets),
        cmocka_unit_test(test_text_that_is_not_there_is_left_out),
        cmocka_unit_test(test_texts_are_escaped),
        cmocka_unit_test(test_room_is_kept),
        cmocka_unit_test(test_largest_answer_fits),
        cmocka_unit_test(test_numbers_stay),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
