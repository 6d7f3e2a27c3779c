// SPDX-License-Identifier: Apache-2.0
// The spool in front of Kafka: where each record goes while a broker is away, full or back, and
// that the books of it are right.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "dataplane/base/clock.h"
#include "tests/unit/export/consumer.h"
#include "tests/unit/export/lines.h"

enum {
    BATCH = 300,
    BROKER = 1, // the mock cluster's only one
    WAIT_US = 20 * 1000000,
    PATIENCE_US = 1000000,
    RATE = 1000000,
    FLUSH_MS = 50,
    LOST_EVERY = 7, // of the records that another sink has dropped, where one does
};

struct end {
    rd_kafka_t *host;
    rd_kafka_mock_cluster_t *cluster;
    struct sink *sink;
    char folder[64];
    bool loses; // another sink drops every LOST_EVERY-th record
    unsigned settled[LINES_MAX];
    size_t of_cause[EXPORT_CAUSE_COUNT];
    unsigned losses_said;
};

static struct lines lines;

static void on_settle(void *context, uint64_t sequence, enum export_cause cause,
                      const struct sink_message *message)
{
    struct end *end = context;
    assert_true(sequence < LINES_MAX);
    assert_null(message); // nobody further on could keep it
    end->settled[sequence]++;
    end->of_cause[cause]++;
}

static bool on_lost(void *context, uint64_t sequence)
{
    return ((struct end *)context)->loses && sequence % LOST_EVERY == 0;
}

static void on_complain(void *context, enum sink_complaint complaint, const char *text)
{
    (void)text;
    ((struct end *)context)->losses_said += complaint == SINK_COMPLAINT_LOSS;
}

static void cluster_open(struct end *end)
{
    end->cluster = rd_kafka_mock_cluster_new(end->host, 1);
    for (size_t i = 0; i < RECORD_TOPIC_COUNT; i++) {
        rd_kafka_mock_topic_create(end->cluster, record_topic_names[i], 1, 1);
    }
}

static int setup(void **state)
{
    struct end *end = calloc(1, sizeof(*end));
    char reason[256];
    rd_kafka_conf_t *config = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(config, NULL);
    end->host = rd_kafka_new(RD_KAFKA_PRODUCER, config, reason, sizeof(reason));
    cluster_open(end);
    snprintf(end->folder, sizeof(end->folder), "/tmp/weir-spool-sink-XXXXXX");
    *state = end;
    return mkdtemp(end->folder) == NULL;
}

static int teardown(void **state)
{
    struct end *end = *state;
    sink_close(end->sink);
    rd_kafka_mock_cluster_destroy(end->cluster);
    rd_kafka_destroy(end->host);
    char command[128];
    snprintf(command, sizeof(command), "rm -r %s", end->folder);
    int status = system(command);
    free(end);
    return status;
}

static struct spool_options spool_options(const struct end *end)
{
    return (struct spool_options){
        .directory = end->folder,
        .max_bytes = SPOOL_BYTES_MIN,
        .full = SPOOL_REFUSE_NEWEST,
        .sync_us = PATIENCE_US,
    };
}

static void sink_begin(struct end *end, enum sink_pressure pressure, const char *queue,
                       int64_t patience_us)
{
    struct sink_spool_options spool = {
        .spool = spool_options(end),
        .pressure = pressure,
        .send_rate = RATE,
        .patience_us = patience_us,
    };
    struct sink_property property = {"queue.buffering.max.messages", queue};
    struct sink_options options = {
        .topic = {.partitions = 1},
        .properties = &property,
        .property_count = 1,
        .spool = &spool,
    };
    struct sink_events events = {on_settle, on_lost, on_complain, end};
    char address[128];
    snprintf(address, sizeof(address), "kafka://%s",
             rd_kafka_mock_cluster_bootstraps(end->cluster));
    struct error err = {0};
    if (sink_open(address, &options, &events, &end->sink, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

static void serve_until_stalled(struct end *end)
{
    int64_t give_up_us = clock_monotonic_us() + WAIT_US;
    while (!sink_stalled(end->sink)) {
        assert_true(clock_monotonic_us() < give_up_us);
        sink_serve(end->sink);
        clock_sleep_us(1000);
    }
}

// Hands over `count` lines with the sequences from `first` on.
static void write_lines(struct end *end, uint64_t first, size_t count)
{
    lines_make(&lines, first, count);
    lines_write(&lines, end->sink);
    sink_serve(end->sink);
}

static uint64_t unspooled(const struct end *end, enum export_cause cause)
{
    return counter_read(&end->sink->unspooled[cause]);
}

// Every one of the records was settled once.
static void check_settled(const struct end *end, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(end->settled[i], 1);
    }
}

// Each topic has its lines, once and in their order.
static void check_topics(const struct end *end, size_t count)
{
    struct consumed *records =
        consumer_read(rd_kafka_mock_cluster_bootstraps(end->cluster), 1, count);
    unsigned long last[RECORD_TOPIC_COUNT] = {0};
    for (size_t i = 0; i < count; i++) {
        bool traffic = strcmp(records[i].topic, record_topic_names[RECORD_TOPIC_TRAFFIC]) == 0;
        unsigned long line = strtoul(records[i].value + strlen("{\"line\":"), NULL, 10) + 1;
        assert_true(line > last[traffic]);
        last[traffic] = line;
        assert_string_equal(records[i].key, "key");
    }
    consumed_free(records, count);
}

// The first go into librdkafka's queue, the next into the spool, and all arrive in their order when
// the broker is back, also those that come while the spool is being sent.
static void test_away_and_back(void **state)
{
    struct end *end = *state;
    sink_begin(end, SINK_PRESSURE_SPOOLS, "100000", WAIT_US);
    rd_kafka_mock_broker_set_down(end->cluster, BROKER);
    write_lines(end, 0, BATCH);
    serve_until_stalled(end);
    assert_int_equal(end->of_cause[EXPORT_SPOOLED], 0);
    write_lines(end, BATCH, BATCH);
    assert_int_equal(end->of_cause[EXPORT_SPOOLED], BATCH);
    assert_int_equal(end->of_cause[EXPORT_DELIVERED], 0);

    rd_kafka_mock_broker_set_up(end->cluster, BROKER);
    for (size_t i = 2; i < 5; i++) {
        write_lines(end, i * BATCH, BATCH); // their key may still be in the spool
    }
    lines_flush(end->sink);
    check_settled(end, 5 * BATCH);
    assert_int_equal(end->of_cause[EXPORT_DELIVERED] + end->of_cause[EXPORT_SPOOLED], 5 * BATCH);
    assert_int_equal(unspooled(end, EXPORT_DELIVERED), end->of_cause[EXPORT_SPOOLED]);
    assert_int_equal(counter_read(&sink_spool(end->sink)->held[0]), 0);
    assert_int_equal(counter_read(&sink_spool(end->sink)->segments), 0);
    check_topics(end, 5 * BATCH);
}

// What another sink has dropped is kept and sent like the rest, and not counted a second time.
static void test_lost_elsewhere(void **state)
{
    struct end *end = *state;
    end->loses = true;
    sink_begin(end, SINK_PRESSURE_SPOOLS, "100000", WAIT_US);
    rd_kafka_mock_broker_set_down(end->cluster, BROKER);
    write_lines(end, 0, 1);
    serve_until_stalled(end);
    write_lines(end, 1, BATCH);
    assert_int_equal(end->of_cause[EXPORT_SPOOLED], BATCH);
    rd_kafka_mock_broker_set_up(end->cluster, BROKER);
    lines_flush(end->sink);
    assert_int_equal(unspooled(end, EXPORT_DELIVERED), BATCH - BATCH / LOST_EVERY);
    check_topics(end, BATCH + 1);
}

// A queue that is full: who cannot wait has the rest spooled, who can is told to come again.
static void test_queue_full(void **state)
{
    struct end *end = *state;
    sink_begin(end, SINK_PRESSURE_SPOOLS, "100", WAIT_US);
    write_lines(end, 0, BATCH);
    assert_true(end->of_cause[EXPORT_SPOOLED] > 0);
    lines_flush(end->sink);
    check_settled(end, BATCH);
    check_topics(end, BATCH);
    sink_close(end->sink);

    memset(end->of_cause, 0, sizeof(end->of_cause));
    sink_begin(end, SINK_PRESSURE_WAITS, "100", WAIT_US);
    write_lines(end, BATCH, BATCH);
    lines_flush(end->sink);
    assert_int_equal(end->of_cause[EXPORT_DELIVERED], BATCH);
    check_topics(end, 2 * BATCH);
}

// The newest are refused when the spool is full, and those on their way to Kafka have their room
// kept; who can wait waits for as long as we are patient.
static void test_spool_full(void **state)
{
    struct end *end = *state;
    size_t count = 0;
    sink_begin(end, SINK_PRESSURE_SPOOLS, "100000", WAIT_US);
    rd_kafka_mock_broker_set_down(end->cluster, BROKER);
    write_lines(end, 0, LINES_MAX);
    serve_until_stalled(end);
    // The sequences from LINES_MAX on would not fit `settled`: a second life for the lower ones.
    while (end->of_cause[EXPORT_SPOOL_FULL] == 0 && count < 100) {
        write_lines(end, 0, LINES_MAX);
        count++;
    }
    size_t spooled = end->of_cause[EXPORT_SPOOLED];
    assert_true(spooled > 0 && count < 100);
    assert_int_equal(end->losses_said, 1);
    sink_abandon(end->sink, EXPORT_SHUTDOWN_TIMEOUT);
    assert_int_equal(end->of_cause[EXPORT_SPOOLED], spooled + LINES_MAX);
    assert_true(counter_read(&sink_spool(end->sink)->bytes) <= SPOOL_BYTES_MIN);
}

// At the end what was on its way comes before what was spooled after it, for the next to be opened.
static void test_kept_in_order(void **state)
{
    struct end *end = *state;
    sink_begin(end, SINK_PRESSURE_SPOOLS, "100000", WAIT_US);
    rd_kafka_mock_broker_set_down(end->cluster, BROKER);
    write_lines(end, 0, BATCH);
    serve_until_stalled(end);
    write_lines(end, BATCH, BATCH);
    sink_abandon(end->sink, EXPORT_SHUTDOWN_TIMEOUT);
    write_lines(end, 2 * BATCH, BATCH); // and whatever still comes
    check_settled(end, 3 * BATCH);
    assert_int_equal(end->of_cause[EXPORT_SPOOLED], 3 * BATCH);
    sink_close(end->sink);

    rd_kafka_mock_broker_set_up(end->cluster, BROKER);
    sink_begin(end, SINK_PRESSURE_WAITS, "100000", WAIT_US);
    assert_int_equal(counter_read(&sink_spool(end->sink)->held[SPOOL_FOUND]), 3 * BATCH);
    lines_flush(end->sink);
    assert_int_equal(unspooled(end, EXPORT_DELIVERED), 0); // an earlier run's
    assert_int_equal(counter_read(&sink_spool(end->sink)->settled[SPOOL_FOUND]), 3 * BATCH);
    check_topics(end, 3 * BATCH);
}

// A flush ends without a broker, when it has been waited for.
static void test_flush_gives_up(void **state)
{
    struct end *end = *state;
    sink_begin(end, SINK_PRESSURE_WAITS, "100000", PATIENCE_US);
    rd_kafka_mock_broker_set_down(end->cluster, BROKER);
    write_lines(end, 0, BATCH);
    lines_flush(end->sink);
    check_settled(end, BATCH);
    assert_int_equal(end->of_cause[EXPORT_SPOOLED], BATCH);
    assert_int_equal(counter_read(&sink_spool(end->sink)->held[0]), BATCH);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_away_and_back), CASE(test_lost_elsewhere), CASE(test_queue_full),
        CASE(test_spool_full),    CASE(test_kept_in_order),  CASE(test_flush_gives_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
