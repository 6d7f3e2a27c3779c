// SPDX-License-Identifier: Apache-2.0
// The exporter's books: every record submitted is found in them, whatever the sinks do.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "dataplane/base/clock.h"
#include "export/exporter.h"
#include "tests/unit/export/consumer.h"
#include "tests/unit/export/made.h"

enum {
    PARTITIONS = 2,
    RING_SLOTS = 256,
    FLOWS = 3000, // more than the ring holds
    WINDOW_EVERY = 10,
    BROKER_TIMEOUT_US = 300000,
    RING_BYTES = 1 << 20,
};

static char path[] = "/tmp/weir-exporter-XXXXXX";

static struct exporter *start(const char *first, const char *second)
{
    const char *sinks[] = {first, second};
    struct exporter_config config = {
        .sensor = "edge",
        .sinks = sinks,
        .sink_count = second != NULL ? 2 : 1,
        .ring_slots = RING_SLOTS,
        .ring_bytes = RING_BYTES,
        .sink_options = {.kafka_timeout_us = BROKER_TIMEOUT_US, .topic.partitions = PARTITIONS},
    };
    struct exporter *exporter;
    struct error err = {0};
    if (exporter_create(&config, &exporter, &err) != 0 || exporter_start(exporter, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return exporter;
}

static void submit(struct exporter *exporter, void (*make)(struct record *record))
{
    struct ring *ring = exporter_ring(exporter);
    struct record *slot;
    while ((slot = ring_reserve(ring, 0)) == NULL) {
        clock_sleep_us(100);
    }
    make(slot);
    exporter_submit(exporter);
}

// FLOWS flows, with a window after each WINDOW_EVERY of them.
static void submit_all(struct exporter *exporter)
{
    for (int i = 1; i <= FLOWS; i++) {
        submit(exporter, made_tcp);
        if (i % WINDOW_EVERY == 0) {
            submit(exporter, made_window);
        }
    }
}

// All records were dropped for `cause`, but for `delivered`.
static void check_books(struct exporter *exporter, uint64_t delivered, enum export_cause cause)
{
    struct exporter_books books;
    exporter_books(exporter, &books);
    assert_int_equal(books.records[RECORD_FLOW], FLOWS);
    assert_int_equal(books.records[RECORD_WINDOW], FLOWS / WINDOW_EVERY);
    assert_int_equal(books.delivered, delivered);
    assert_int_equal(books.in_flight, 0);
    assert_int_equal(books.spooled, 0);
    for (int i = 0; i < EXPORT_CAUSE_COUNT; i++) {
        uint64_t expected = FLOWS + FLOWS / WINDOW_EVERY - delivered;
        assert_int_equal(books.drops[i], i == (int)cause ? expected : 0);
    }
}

static void check_complaint(struct exporter *exporter, const char *part)
{
    struct notice complaint;
    assert_true(exporter_complaint(exporter, &complaint));
    if (strstr(complaint.message.text, part) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", complaint.message.text, part);
    }
    assert_false(exporter_complaint(exporter, &complaint));
}

static void check_all_delivered(struct exporter *exporter)
{
    struct notice complaint;
    check_books(exporter, FLOWS + FLOWS / WINDOW_EVERY, EXPORT_DELIVERED);
    assert_false(exporter_complaint(exporter, &complaint));
}

// Every record is there once, with an id of this run.
static void test_file(void **state)
{
    (void)state;
    char address[64];
    snprintf(address, sizeof(address), "ndjson:%s", path);
    struct exporter *exporter = start(address, "null:");
    submit_all(exporter);
    assert_int_equal(exporter_finish(exporter), 0);
    check_all_delivered(exporter);
    assert_int_equal(counter_read(&exporter_sink(exporter, 1)->settled[EXPORT_DELIVERED]),
                     FLOWS + FLOWS / WINDOW_EVERY);
    exporter_free(exporter);

    FILE *file = fopen(path, "r");
    char line[4096];
    char run[64] = "";
    unsigned count = 0;
    for (; fgets(line, sizeof(line), file) != NULL; count++) {
        json_t *record = json_loads(line, 0, NULL);
        assert_non_null(record);
        const char *id = json_string_value(json_object_get(record, "id"));
        const char *hyphen = strchr(id, '-');
        assert_int_equal(hyphen - id, 16);
        assert_int_equal(strtoul(hyphen + 1, NULL, 10), count);
        assert_true(run[0] == '\0' || strncmp(run, id, 16) == 0);
        snprintf(run, sizeof(run), "%s", id);
        json_decref(record);
    }
    assert_int_equal(count, FLOWS + FLOWS / WINDOW_EVERY);
    fclose(file);
}

static void test_embedded_broker(void **state)
{
    (void)state;
    struct exporter *exporter = start("kafka://embedded", NULL);
    submit_all(exporter);
    assert_int_equal(exporter_finish(exporter), 0);
    check_all_delivered(exporter);
    const char *address = sink_address(exporter_sink(exporter, 0));
    size_t count = FLOWS + FLOWS / WINDOW_EVERY;
    struct consumed *records = consumer_read(address, PARTITIONS, count);
    for (size_t i = 0; i < count; i++) {
        bool flow = strncmp(records[i].value, "{\"type\":\"flow\"", 14) == 0;
        assert_string_equal(records[i].topic, flow ? "network-traffic" : "processed-data");
        assert_string_equal(records[i].key, flow ? "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" : "edge");
    }
    consumed_free(records, count);
    exporter_free(exporter);
}

// One sink that fails spoils the record, whichever place it has.
static void test_one_sink_fails(void **state)
{
    (void)state;
    static const char *const sinks[][2] = {
        {"null:", "ndjson:/dev/full"},
        {"ndjson:/dev/full", "null:"},
        {"ndjson:/dev/full", NULL},
    };
    for (size_t i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++) {
        struct exporter *exporter = start(sinks[i][0], sinks[i][1]);
        submit_all(exporter);
        assert_int_equal(exporter_finish(exporter), 0);
        check_books(exporter, 0, EXPORT_WRITE_FAILED);
        check_complaint(exporter, "ndjson:/dev/full: cannot write: No space left on device");
        exporter_free(exporter);
    }
}

static void test_unreachable_broker(void **state)
{
    (void)state;
    struct exporter *exporter = start("kafka://127.0.0.1:1", "null:");
    submit_all(exporter);
    assert_int_equal(exporter_finish(exporter), 0);
    check_books(exporter, 0, EXPORT_BROKER_UNREACHABLE);
    struct notice trouble;
    assert_true(exporter_complaint(exporter, &trouble)); // of the connection; then of the loss
    check_complaint(exporter, "kafka://127.0.0.1:1: no broker answered within 0.3s");
    exporter_free(exporter);
}

// More records are spooled than can be in flight, behind some that stay in flight all the while.
static void test_spooled(void **state)
{
    (void)state;
    enum { RECORDS = 300000 };
    char folder[] = "/tmp/weir-exporter-spool-XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *sinks[] = {"kafka://127.0.0.1:1", "null:"};
    struct sink_spool_options spool = {
        .spool = {.directory = folder, .max_bytes = UINT64_C(1) << 30, .sync_us = 1000000},
        .send_rate = 1000,
        .patience_us = 1500000,
    };
    struct exporter_config config = {
        .sensor = "edge",
        .sinks = sinks,
        .sink_count = 2,
        .sink_options = {.spool = &spool},
        .ring_slots = RING_SLOTS,
    };
    struct exporter *exporter = NULL;
    struct error err = {0};
    if (exporter_create(&config, &exporter, &err) != 0 || exporter_start(exporter, &err) != 0) {
        fail_msg("%s", err.text);
    }
    for (int i = 0; i < RECORDS; i++) {
        submit(exporter, made_tcp);
    }
    assert_int_equal(exporter_finish(exporter), 0);
    struct exporter_books books;
    exporter_books(exporter, &books);
    assert_int_equal(books.spooled, RECORDS);
    assert_int_equal(books.spool.held, RECORDS);
    assert_int_equal(books.in_flight + books.delivered, 0);
    exporter_free(exporter);
    char command[64];
    snprintf(command, sizeof(command), "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

// A reader that rests for ever does not keep the exporter from ending.
static void test_finish_in_time(void **state)
{
    (void)state;
    char pipe[sizeof(path) + 8];
    char address[64];
    snprintf(pipe, sizeof(pipe), "%s.pipe", path);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    int reader = open(pipe, O_RDONLY | O_NONBLOCK);
    snprintf(address, sizeof(address), "ndjson:%s", pipe);
    struct exporter *exporter = start(address, NULL);
    for (int i = 0; i < RING_SLOTS; i++) {
        submit(exporter, made_tcp);
    }
    exporter_limit(exporter, 100000);
    assert_int_equal(exporter_finish(exporter), -ETIMEDOUT);
    assert_true(exporter_drained(exporter));
    struct exporter_books books;
    exporter_books(exporter, &books);
    assert_int_equal(books.records[RECORD_FLOW], RING_SLOTS);
    assert_int_equal(books.in_flight, 0);
    assert_true(books.delivered > 0 && books.drops[EXPORT_SHUTDOWN_TIMEOUT] > 0);
    assert_int_equal(books.delivered + books.drops[EXPORT_SHUTDOWN_TIMEOUT], RING_SLOTS);
    check_complaint(exporter, "time to shut down");
    exporter_free(exporter);
    close(reader);
    unlink(pipe);
}

static void make_huge_window(struct record *record)
{
    enum { ROWS = 100000 };
    made_window(record);
    free(record->window.protocols.row);
    struct record_protocol *protocols = calloc(ROWS, sizeof(*protocols));
    for (size_t i = 0; i < ROWS; i++) {
        protocols[i].name = "x";
    }
    record->window.protocols = (struct field_rows){protocols, ROWS};
}

// What no buffer holds is dropped alone.
static void test_record_too_large(void **state)
{
    (void)state;
    struct exporter *exporter = start("null:", NULL);
    submit(exporter, made_tcp);
    submit(exporter, make_huge_window);
    submit(exporter, made_tcp);
    assert_int_equal(exporter_finish(exporter), 0);
    struct exporter_books books;
    exporter_books(exporter, &books);
    assert_int_equal(books.delivered, 2);
    assert_int_equal(books.drops[EXPORT_RECORD_TOO_LARGE], 1);
    assert_int_equal(books.in_flight, 0);
    check_complaint(exporter, "window");
    exporter_free(exporter);
}

static void make_largest_query(struct record *record)
{
    made_query(record, 1000);
}

// The largest answers, of which few fit the buffer at once, reach a broker with librdkafka's
// limits.
static void test_largest_answers(void **state)
{
    (void)state;
    enum { ANSWERS = 15, ANOMALIES = 2, ALL = ANSWERS + ANOMALIES }; // the broker keeps 5 MB
    struct exporter *exporter = start("kafka://embedded", NULL);
    submit(exporter, made_anomaly);
    for (int i = 0; i < ANSWERS; i++) {
        submit(exporter, make_largest_query);
    }
    submit(exporter, made_anomaly);
    assert_int_equal(exporter_finish(exporter), 0);
    struct exporter_books books;
    exporter_books(exporter, &books);
    assert_int_equal(books.records[RECORD_QUERY], ANSWERS);
    assert_int_equal(books.records[RECORD_ANOMALY], ANOMALIES);
    assert_int_equal(books.delivered, ALL);
    struct consumed *records =
        consumer_read(sink_address(exporter_sink(exporter, 0)), PARTITIONS, ALL);
    for (size_t i = 0; i < ALL; i++) {
        json_t *record = json_loads(records[i].value, JSON_DECODE_INT_AS_REAL, NULL);
        assert_non_null(record);
        assert_string_equal(records[i].key, "edge");
        bool query = strcmp(json_string_value(json_object_get(record, "type")), "query") == 0;
        assert_int_equal(json_array_size(json_object_get(record, "rows")), query ? 1000 : 0);
        json_decref(record);
    }
    consumed_free(records, ALL);
    exporter_free(exporter);
}

// Behind a sink that takes nothing, answers fill the room for what records own, not the slots; what
// owns nothing still finds its place. The room is there again when they have gone.
static void test_bounded_by_octets(void **state)
{
    (void)state;
    char pipe[sizeof(path) + 8];
    char address[64];
    char drained[65536];
    struct exporter_gauges gauges;
    snprintf(pipe, sizeof(pipe), "%s.pipe", path);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    int reader = open(pipe, O_RDONLY | O_NONBLOCK);
    snprintf(address, sizeof(address), "ndjson:%s", pipe);
    struct exporter *exporter = start(address, NULL);
    unsigned answers = 0;
    uint64_t last = 0; // of the last answer
    uint64_t all = 0;
    for (; exporter_has_room(exporter, 0); answers++) {
        assert_true(answers < RING_SLOTS);
        submit(exporter, make_largest_query);
        exporter_gauges(exporter, &gauges);
        last = gauges.ring_bytes - all;
        all = gauges.ring_bytes;
        assert_true(last > 1000 * sizeof(struct record_query_row));
    }
    assert_int_equal(gauges.ring_bytes_max, RING_BYTES);
    assert_in_range(all, RING_BYTES, RING_BYTES + last);
    submit(exporter, made_tcp);
    exporter_gauges(exporter, &gauges);
    assert_int_equal(gauges.ring_bytes, all);
    exporter_drain(exporter);
    while (!exporter_drained(exporter)) {
        if (read(reader, drained, sizeof(drained)) <= 0) {
            clock_sleep_us(100);
        }
    }
    assert_int_equal(exporter_finish(exporter), 0);
    exporter_gauges(exporter, &gauges);
    assert_int_equal(gauges.ring_bytes, 0);
    assert_true(exporter_has_room(exporter, RING_BYTES - 1));
    assert_false(exporter_has_room(exporter, RING_BYTES));
    struct exporter_books books;
    exporter_books(exporter, &books);
    assert_int_equal(books.delivered, answers + 1);
    exporter_free(exporter);
    close(reader);
    unlink(pipe);
}

static void test_refused_configurations(void **state)
{
    (void)state;
    const char *sinks[EXPORTER_SINKS_MAX + 1];
    for (size_t i = 0; i <= EXPORTER_SINKS_MAX; i++) {
        sinks[i] = i == 1 ? "ndjson:/nowhere/x" : "null:";
    }
    const struct {
        size_t sink_count;
        size_t ring_slots;
        int code;
        const char *says;
    } cases[] = {
        {0, 64, -EINVAL, "sinks"},
        {EXPORTER_SINKS_MAX + 1, 64, -EINVAL, "sinks"},
        {1, 63, -EINVAL, "power of two"},
        {2, 64, -ENOENT, "/nowhere/x"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct exporter_config config = {
            .sensor = "edge",
            .sinks = sinks,
            .sink_count = cases[i].sink_count,
            .ring_slots = cases[i].ring_slots,
        };
        struct exporter *untouched = NULL;
        struct error err = {0};
        assert_int_equal(exporter_create(&config, &untouched, &err), cases[i].code);
        assert_null(untouched);
        assert_non_null(strstr(err.text, cases[i].says));
    }
}

static int setup(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_embedded_broker),
        cmocka_unit_test(test_one_sink_fails),
        cmocka_unit_test(test_unreachable_broker),
        cmocka_unit_test(test_spooled),
        cmocka_unit_test(test_finish_in_time),
        cmocka_unit_test(test_record_too_large),
        cmocka_unit_test(test_largest_answers),
        cmocka_unit_test(test_bounded_by_octets),
        cmocka_unit_test(test_refused_configurations),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
