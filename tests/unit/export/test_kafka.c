// SPDX-License-Identifier: Apache-2.0
// What a broker can do to the Kafka sink: go away and come back, refuse for this reason or that,
// lose a topic. Whatever it does, each record is delivered once, or handed back with its octets.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "dataplane/base/clock.h"
#include "export/sink/kafka_state.h"
#include "tests/unit/export/consumer.h"
#include "tests/unit/export/lines.h"

enum {
    BATCH = 200,
    BROKER = 1, // the mock cluster's only one
    PRODUCE = 0,
    WAIT_US = 20 * 1000000,
    SAID_BYTES = 16384,
    REASON_BYTES = 256,
    NEVER = 0,
    SOON_US = 1500000,
    LATE_US = 3500000, // later than a topic is found missing
};

// A mock cluster, a sink that writes to it, and what the sink did.
struct end {
    rd_kafka_t *host;
    rd_kafka_mock_cluster_t *cluster;
    struct sink *sink;
    unsigned delivered[LINES_MAX]; // times, by sequence
    unsigned dropped[LINES_MAX];
    size_t of_cause[EXPORT_CAUSE_COUNT];
    size_t returned; // with their octets, in order
    char said[SAID_BYTES];
};

static struct lines lines;

static void on_settle(void *context, uint64_t sequence, enum export_cause cause,
                      const struct sink_message *message)
{
    struct end *end = context;
    assert_true(sequence < LINES_MAX);
    (cause == EXPORT_DELIVERED ? end->delivered : end->dropped)[sequence]++;
    end->of_cause[cause]++;
    if (message != NULL) {
        const struct sink_message *expected = &lines.messages[sequence];
        assert_int_equal(message->sequence, sequence);
        assert_int_equal(message->topic, expected->topic);
        assert_int_equal(message->value_bytes, expected->value_bytes);
        assert_memory_equal(message->value, expected->value, expected->value_bytes);
        assert_int_equal(message->key_bytes, expected->key_bytes);
        assert_memory_equal(message->key, expected->key, expected->key_bytes);
        assert_true(sequence == lines.count - 1 || end->dropped[sequence + 1] == 0);
        end->returned++;
    }
}

static void on_complain(void *context, enum sink_complaint complaint, const char *text)
{
    (void)complaint;
    struct end *end = context;
    size_t length = strlen(end->said);
    snprintf(end->said + length, sizeof(end->said) - length, "%s\n", text);
}

static void assert_said(const struct end *end, const char *part)
{
    if (strstr(end->said, part) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", end->said, part);
    }
}

static int cluster_start(void **state)
{
    struct end *end = calloc(1, sizeof(*end));
    char reason[REASON_BYTES];
    rd_kafka_conf_t *config = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(config, NULL);
    end->host = rd_kafka_new(RD_KAFKA_PRODUCER, config, reason, sizeof(reason));
    end->cluster = rd_kafka_mock_cluster_new(end->host, 1);
    for (size_t i = 0; i < RECORD_TOPIC_COUNT; i++) {
        rd_kafka_mock_topic_create(end->cluster, record_topic_names[i], 1, 1);
    }
    *state = end;
    return end->cluster == NULL;
}

static int cluster_end(void **state)
{
    struct end *end = *state;
    sink_close(end->sink);
    rd_kafka_mock_cluster_destroy(end->cluster);
    rd_kafka_destroy(end->host);
    free(end);
    return 0;
}

// Opens the sink; `timeout_us` NEVER: it does not give up by itself.
static void open_sink(struct end *end, int64_t timeout_us, enum sink_topics_missing missing,
                      const struct sink_property *property)
{
    struct sink_options options = {
        .kafka_timeout_us = timeout_us == NEVER ? INT64_MAX : timeout_us,
        .topic = {.missing = missing, .partitions = 1},
        .properties = property,
        .property_count = property != NULL,
    };
    char address[128];
    snprintf(address, sizeof(address), "kafka://%s",
             rd_kafka_mock_cluster_bootstraps(end->cluster));
    struct error err = {0};
    struct sink_events events = {.settle = on_settle, .complain = on_complain, .context = end};
    if (sink_open(address, &options, &events, &end->sink, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

static void serve_for(struct sink *sink, int64_t us)
{
    int64_t until_us = clock_monotonic_us() + us;
    while (clock_monotonic_us() < until_us) {
        sink_serve(sink);
        clock_sleep_us(1000);
    }
}

static void serve_until_stalled(struct sink *sink)
{
    int64_t give_up_us = clock_monotonic_us() + WAIT_US;
    while (!sink_stalled(sink)) {
        assert_true(clock_monotonic_us() < give_up_us);
        serve_for(sink, 1000);
    }
}

static struct lines part(size_t first, size_t count)
{
    static struct lines some;
    memcpy(some.messages, lines.messages + first, count * sizeof(some.messages[0]));
    some.count = count;
    return some;
}

static void write_part(struct end *end, size_t first, size_t count)
{
    struct lines some = part(first, count);
    lines_write(&some, end->sink);
}

// Each of the first `count` lines was delivered once, and is there once, in order in its topic.
static void check_delivered(struct end *end, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(end->delivered[i], 1);
        assert_int_equal(end->dropped[i], 0);
    }
    struct consumed *records =
        consumer_read(rd_kafka_mock_cluster_bootstraps(end->cluster), 1, count);
    long long last[RECORD_TOPIC_COUNT] = {-1, -1};
    for (size_t i = 0; i < count; i++) {
        long long line;
        assert_int_equal(sscanf(records[i].value, "{\"line\":%lld", &line), 1);
        enum record_topic topic = lines.messages[line].topic;
        assert_string_equal(records[i].topic, record_topic_names[topic]);
        assert_true(line > last[topic]);
        last[topic] = line;
    }
    consumed_free(records, count);
}

static void test_broker_goes_and_comes(void **state)
{
    struct end *end = *state;
    open_sink(end, NEVER, SINK_TOPICS_EXPECT, NULL);
    assert_false(sink_stalled(end->sink));
    lines_make(&lines, 0, 3 * BATCH);
    write_part(end, 0, BATCH);
    lines_flush(end->sink);
    assert_false(sink_stalled(end->sink));
    rd_kafka_mock_broker_set_down(end->cluster, BROKER);
    write_part(end, BATCH, BATCH);
    assert_false(sink_stalled(end->sink)); // not yet
    serve_until_stalled(end->sink);
    assert_int_equal(end->of_cause[EXPORT_DELIVERED], BATCH);
    rd_kafka_mock_broker_set_up(end->cluster, BROKER);
    lines_flush(end->sink);
    assert_false(sink_stalled(end->sink));
    write_part(end, 2L * BATCH, BATCH);
    lines_flush(end->sink);
    check_delivered(end, 3 * BATCH);
    assert_said(end, "takes records again after");
    assert_true(counter_read(&end->sink->troubles[SINK_TROUBLE_CONNECTION]) > 0);
}

static void test_refusals(void **state)
{
    struct end *end = *state;
    static const struct {
        rd_kafka_resp_err_t code;
        enum sink_trouble trouble;
        const char *says; // NULL: librdkafka deals with it by itself
    } cases[] = {
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, SINK_TROUBLE_AUTHORIZATION, "allow Write"},
        {RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, SINK_TROUBLE_OTHER, "refused a record"},
        {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, SINK_TROUBLE_REPLICAS, NULL},
        {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, SINK_TROUBLE_OTHER, NULL},
        {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, SINK_TROUBLE_OTHER, NULL},
        {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, SINK_TROUBLE_TOPIC_MISSING, NULL},
    };
    enum { CASES = sizeof(cases) / sizeof(cases[0]) };
    open_sink(end, NEVER, SINK_TOPICS_EXPECT, NULL);
    lines_make(&lines, 0, CASES * BATCH);
    for (size_t i = 0; i < CASES; i++) {
        uint64_t before = counter_read(&end->sink->troubles[cases[i].trouble]);
        rd_kafka_mock_push_request_errors(end->cluster, PRODUCE, 2, cases[i].code, cases[i].code);
        write_part(end, i * BATCH, BATCH);
        lines_flush(end->sink);
        assert_int_equal(end->of_cause[EXPORT_DELIVERED], (i + 1) * BATCH);
        if (cases[i].says != NULL) {
            assert_said(end, cases[i].says);
            assert_true(counter_read(&end->sink->troubles[cases[i].trouble]) > before);
        }
    }
    check_delivered(end, (size_t)CASES * BATCH);
}

// While some are held nothing new is taken, so that what is held stays in front of it.
static void test_nothing_overtakes(void **state)
{
    struct end *end = *state;
    open_sink(end, NEVER, SINK_TOPICS_EXPECT, NULL);
    lines_make(&lines, 0, 2 * BATCH);
    rd_kafka_mock_push_request_errors(end->cluster, PRODUCE, 2,
                                      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
                                      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
    write_part(end, 0, BATCH);
    serve_until_stalled(end->sink);
    assert_int_equal(sink_write(end->sink, lines.messages + BATCH, BATCH), 0);
    write_part(end, BATCH, BATCH);
    lines_flush(end->sink);
    check_delivered(end, 2 * BATCH);
    assert_said(end, "allow IdempotentWrite");
}

static void test_topic_missing(void **state)
{
    struct end *end = *state;
    for (size_t i = 0; i < RECORD_TOPIC_COUNT; i++) {
        rd_kafka_mock_topic_set_error(end->cluster, record_topic_names[i],
                                      RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    }
    open_sink(end, NEVER, SINK_TOPICS_EXPECT, NULL);
    lines_make(&lines, 0, 2 * BATCH);
    write_part(end, 0, BATCH);
    serve_for(end->sink, LATE_US);
    assert_true(sink_stalled(end->sink));
    assert_said(end, "does not exist on 127.0.0.1");
    assert_said(end, "set export.topics.create to missing");
    assert_true(counter_read(&end->sink->troubles[SINK_TROUBLE_TOPIC_MISSING]) > 0);
    for (size_t i = 0; i < RECORD_TOPIC_COUNT; i++) {
        rd_kafka_mock_topic_set_error(end->cluster, record_topic_names[i],
                                      RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    write_part(end, BATCH, BATCH);
    lines_flush(end->sink);
    check_delivered(end, 2 * BATCH);
}

// The mock cluster has no controller that could be told to make topics: until they are made,
// nothing is taken, and nothing waits for it.
static void test_topics_not_made(void **state)
{
    struct end *end = *state;
    open_sink(end, SOON_US, SINK_TOPICS_CREATE, NULL);
    lines_make(&lines, 0, BATCH);
    assert_false(sink_stalled(end->sink));
    assert_int_equal(sink_write(end->sink, lines.messages, BATCH), 0);
    serve_until_stalled(end->sink);
    write_part(end, 0, BATCH);
    assert_int_equal(end->of_cause[EXPORT_BROKER_UNREACHABLE], BATCH);
    assert_int_equal(end->returned, BATCH);
    assert_said(end, "no broker answered within 1.5s");
}

static void test_gives_up(void **state)
{
    struct end *end = *state;
    rd_kafka_mock_topic_set_error(end->cluster, record_topic_names[RECORD_TOPIC_TRAFFIC],
                                  RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    open_sink(end, LATE_US, SINK_TOPICS_EXPECT, NULL);
    lines_make(&lines, 0, BATCH);
    for (size_t i = 0; i < BATCH; i++) {
        lines.messages[i].topic = RECORD_TOPIC_TRAFFIC;
    }
    lines_write(&lines, end->sink);
    lines_flush(end->sink);
    assert_int_equal(end->of_cause[EXPORT_BROKER_REFUSED], BATCH);
    assert_int_equal(end->returned, BATCH);
    assert_said(end, "the broker took no records within 3.5s; 200 records were not delivered: "
                     "topic network-traffic does not exist");
}

static void test_abandoned(void **state)
{
    struct end *end = *state;
    open_sink(end, NEVER, SINK_TOPICS_EXPECT, NULL);
    lines_make(&lines, 0, 2 * BATCH);
    write_part(end, 0, 1);
    lines_flush(end->sink);
    rd_kafka_mock_broker_set_down(end->cluster, BROKER);
    write_part(end, 1, 2 * BATCH - 1);
    serve_until_stalled(end->sink);
    sink_abandon(end->sink, EXPORT_SHUTDOWN_TIMEOUT);
    assert_int_equal(end->of_cause[EXPORT_SHUTDOWN_TIMEOUT], 2 * BATCH - 1);
    assert_int_equal(end->returned, 2 * BATCH - 1);
    assert_int_equal(end->of_cause[EXPORT_DELIVERED], 1);
}

static void test_producer_dies(void **state)
{
    struct end *end = *state;
    open_sink(end, NEVER, SINK_TOPICS_EXPECT, NULL);
    lines_make(&lines, 0, 2 * BATCH);
    write_part(end, 0, BATCH);
    rd_kafka_test_fatal_error(((struct kafka_sink *)end->sink)->producer.handle,
                              RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "a test");
    write_part(end, BATCH, BATCH);
    lines_flush(end->sink);
    check_delivered(end, 2 * BATCH);
    assert_said(end, "producer gave up");
    assert_said(end, "takes records again");
}

static void test_batch_too_large(void **state)
{
    struct end *end = *state;
    open_sink(end, NEVER, SINK_TOPICS_EXPECT, NULL);
    lines_make(&lines, 0, 2 * BATCH);
    int before = ((struct kafka_sink *)end->sink)->producer.batch_bytes;
    rd_kafka_mock_push_request_errors(end->cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    write_part(end, 0, BATCH);
    lines_flush(end->sink);
    int after = ((struct kafka_sink *)end->sink)->producer.batch_bytes;
    assert_int_equal(after, before / 4);
    write_part(end, BATCH, BATCH);
    lines_flush(end->sink);
    check_delivered(end, 2 * BATCH);
    assert_said(end, "max.message.bytes");
}

// One that no batch can hold goes, the others stay.
static void test_record_too_large(void **state)
{
    struct end *end = *state;
    enum { LARGE = 3000 };
    open_sink(end, NEVER, SINK_TOPICS_EXPECT, &(struct sink_property){"batch.size", "2000"});
    lines_make(&lines, 0, BATCH);
    static char large[LARGE];
    memset(large, 'x', sizeof(large));
    lines.messages[0].value = large;
    lines.messages[0].value_bytes = LARGE;
    rd_kafka_mock_push_request_errors(end->cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    write_part(end, 0, 1);
    lines_flush(end->sink);
    assert_int_equal(end->of_cause[EXPORT_RECORD_TOO_LARGE], 1);
    assert_int_equal(end->returned, 0); // nobody is to try it again
    assert_said(end, "processed-data: a record of 3003 octets is too large");
    write_part(end, 1, BATCH - 1);
    lines_flush(end->sink);
    assert_int_equal(end->of_cause[EXPORT_DELIVERED], BATCH - 1);
    assert_int_equal(counter_read(&end->sink->troubles[SINK_TROUBLE_RECORD_TOO_LARGE]), 1);
}

static uint64_t lines_bytes(size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += lines.messages[i].value_bytes + lines.messages[i].key_bytes;
    }
    return bytes;
}

static void check_queue(const struct sink_queue *queue, uint64_t records, uint64_t held)
{
    assert_int_equal(counter_read(&queue->records), records);
    assert_int_equal(counter_read(&queue->bytes), lines_bytes(records));
    assert_int_equal(counter_read(&queue->held_records), held);
    assert_int_equal(counter_read(&queue->held_bytes), lines_bytes(held));
}

enum { SLOW_MS = 300, US_PER_MS = 1000 };

// What is on its way is known to the octet, and how the broker answers, about as often as told to.
static void test_queue_and_round_trip(void **state)
{
    struct end *end = *state;
    const struct sink_property often = {"statistics.interval.ms", "100"};
    open_sink(end, NEVER, SINK_TOPICS_EXPECT, &often);
    const struct sink_queue *queue = sink_queue(end->sink);
    assert_int_equal(counter_read(&queue->records_max), 100000);
    assert_int_equal(counter_read(&queue->bytes_max), 256 << 20);
    check_queue(queue, 0, 0);
    rd_kafka_mock_broker_set_rtt(end->cluster, BROKER, SLOW_MS);
    lines_make(&lines, 0, BATCH);
    write_part(end, 0, BATCH);
    check_queue(queue, BATCH, 0);
    lines_flush(end->sink);
    check_queue(queue, 0, 0);
    serve_for(end->sink, 300L * US_PER_MS);
    assert_int_equal(counter_read(&queue->brokers_up), 1);
    uint64_t trips = counter_read(&queue->round_trips);
    assert_true(trips > 0);
    // One of them was slow at least; connecting may have been quick.
    assert_true(counter_read(&queue->round_trip_us) > (uint64_t)SLOW_MS * US_PER_MS);
    assert_true(counter_read(&queue->round_trip_p99_us) >= (uint64_t)SLOW_MS * US_PER_MS);
    assert_int_equal(counter_read(&queue->sent_records), 0);

    rd_kafka_mock_push_request_errors(end->cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    lines_make(&lines, 0, 1);
    write_part(end, 0, 1);
    serve_until_stalled(end->sink);
    check_queue(queue, 0, 1);
    lines_flush(end->sink);
    check_queue(queue, 0, 0);
    assert_int_equal(end->of_cause[EXPORT_DELIVERED], BATCH + 1);
}

// Who wants none gets none; what is counted here needs none.
static void test_no_statistics(void **state)
{
    struct end *end = *state;
    const struct sink_property never = {"statistics.interval.ms", "0"};
    open_sink(end, NEVER, SINK_TOPICS_EXPECT, &never);
    const struct sink_queue *queue = sink_queue(end->sink);
    rd_kafka_mock_broker_set_rtt(end->cluster, BROKER, SLOW_MS);
    lines_make(&lines, 0, BATCH);
    write_part(end, 0, BATCH);
    check_queue(queue, BATCH, 0);
    lines_flush(end->sink);
    check_queue(queue, 0, 0);
    serve_for(end->sink, 300000);
    assert_int_equal(counter_read(&queue->round_trips) + counter_read(&queue->brokers_up), 0);
}

#define ON_CLUSTER(test) cmocka_unit_test_setup_teardown(test, cluster_start, cluster_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_CLUSTER(test_broker_goes_and_comes),
        ON_CLUSTER(test_refusals),
        ON_CLUSTER(test_nothing_overtakes),
        ON_CLUSTER(test_topic_missing),
        ON_CLUSTER(test_topics_not_made),
        ON_CLUSTER(test_gives_up),
        ON_CLUSTER(test_abandoned),
        ON_CLUSTER(test_producer_dies),
        ON_CLUSTER(test_batch_too_large),
        ON_CLUSTER(test_record_too_large),
        ON_CLUSTER(test_queue_and_round_trip),
        ON_CLUSTER(test_no_statistics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
