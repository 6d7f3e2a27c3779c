// SPDX-License-Identifier: Apache-2.0
// What is made of librdkafka's account of itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "export/sink/kafka_statistics.h"

static void told(const char *json, struct kafka_totals *seen, struct sink_queue *queue)
{
    kafka_statistics_read(json, strlen(json), seen, queue);
}

static void test_brokers_are_added_up(void **state)
{
    (void)state;
    struct sink_queue queue = {.records = 7};
    struct kafka_totals seen = {0};
    told(
        "{\"msg_cnt\":9,\"brokers\":{"
        "\"a:1/"
        "bootstrap\":{\"nodeid\":-1,\"state\":\"UP\",\"rtt\":{\"cnt\":1,\"sum\":50,\"p99\":50}},"
        "\"a:1/1\":{\"nodeid\":1,\"state\":\"UP\",\"waitresp_msg_cnt\":30,\"txretries\":2,"
        "\"txerrs\":3,\"rxerrs\":4,\"req_timeouts\":5,\"rtt\":{\"cnt\":4,\"sum\":400,\"p99\":150}},"
        "\"b:1/2\":{\"nodeid\":2,\"state\":\"DOWN\",\"waitresp_msg_cnt\":12,\"txretries\":1,"
        "\"rtt\":{\"cnt\":2,\"sum\":600,\"p99\":450}}},\"topics\":{}}",
        &seen, &queue);
    assert_int_equal(counter_read(&queue.brokers_up), 1);
    assert_int_equal(counter_read(&queue.sent_records), 42);
    assert_int_equal(counter_read(&queue.round_trips), 7);
    assert_int_equal(counter_read(&queue.round_trip_us), 1050);
    assert_int_equal(counter_read(&queue.round_trip_p99_us), 450);
    assert_int_equal(counter_read(&queue.retries), 3);
    assert_int_equal(counter_read(&queue.errors), 7);
    assert_int_equal(counter_read(&queue.timeouts), 5);
    assert_int_equal(counter_read(&queue.records), 7); // is not from there
}

// Totals go on where a fresh producer begins anew; without a request the last time stays.
static void test_totals_only_rise(void **state)
{
    (void)state;
    struct sink_queue queue = {0};
    struct kafka_totals seen = {0};
    told("{\"brokers\":{\"a\":{\"txretries\":5,\"rtt\":{\"cnt\":1,\"sum\":9,\"p99\":9}}}}", &seen,
         &queue);
    told("{\"brokers\":{\"a\":{\"txretries\":8,\"rtt\":{\"cnt\":0,\"sum\":0,\"p99\":0}}}}", &seen,
         &queue);
    assert_int_equal(counter_read(&queue.retries), 8);
    assert_int_equal(counter_read(&queue.round_trips), 1);
    assert_int_equal(counter_read(&queue.round_trip_p99_us), 9);
    seen = (struct kafka_totals){0};
    told("{\"brokers\":{\"a\":{\"txretries\":2}}}", &seen, &queue);
    assert_int_equal(counter_read(&queue.retries), 10);
}

static void test_what_cannot_be_read_changes_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "{", "[]", "null", "{\"brokers\":[]}", "{\"topics\":{}}", "{\"brokers\":{}",
    };
    struct sink_queue queue = {.brokers_up = 3, .sent_records = 4};
    struct kafka_totals seen = {.retries = 5};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        told(texts[i], &seen, &queue);
        assert_int_equal(counter_read(&queue.brokers_up), 3);
        assert_int_equal(counter_read(&queue.sent_records), 4);
        assert_int_equal(seen.retries, 5);
    }
    // Members that are missing, or of another type, count as 0.
    told("{\"brokers\":{\"a\":7,\"b\":{\"state\":5,\"rtt\":[],\"txerrs\":-1,\"nodeid\":\"x\"}}}",
         &seen, &queue);
    assert_int_equal(counter_read(&queue.brokers_up), 0);
    assert_int_equal(counter_read(&queue.errors), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_brokers_are_added_up),
        cmocka_unit_test(test_totals_only_rise),
        cmocka_unit_test(test_what_cannot_be_read_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
