// SPDX-License-Identifier: Apache-2.0
// What becomes of records behind an exporter that takes none: answers and their rows, which may be
// large, must neither take all memory nor the place of what is told of losses.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/publisher.h"
#include "dataplane/base/clock.h"
#include "tests/unit/export/made.h"

enum { SLOTS = 16384, BYTES = 1 << 20, ROWS = 1000 };

// A publisher, and a pipe at the far end that is read only where `reads`.
struct way {
    struct publisher publisher;
    char folder[64];
    int reader;
    bool reads;
    unsigned waited; // times
};

static void read_some(struct way *way)
{
    char octets[65536];
    while (read(way->reader, octets, sizeof(octets)) > 0) {
    }
}

static void on_waiting(void *context)
{
    struct way *way = context;
    way->waited++;
    if (way->reads) {
        read_some(way);
    }
}

static void way_open(struct way *way, bool live)
{
    char pipe[sizeof(way->folder) + 8];
    char address[sizeof(pipe) + 8];
    *way = (struct way){.folder = "/tmp/weir-publisher-XXXXXX"};
    assert_non_null(mkdtemp(way->folder));
    snprintf(pipe, sizeof(pipe), "%s/pipe", way->folder);
    snprintf(address, sizeof(address), "ndjson:%s", pipe);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    way->reader = open(pipe, O_RDONLY | O_NONBLOCK);
    const char *sink = address;
    struct exporter_config config = {
        .sensor = "edge",
        .sinks = &sink,
        .sink_count = 1,
        .ring_slots = SLOTS,
        .ring_bytes = BYTES,
    };
    struct error err = {0};
    struct exporter *exporter = NULL;
    if (exporter_create(&config, &exporter, &err) != 0 || exporter_start(exporter, &err) != 0) {
        fail_msg("%s", err.text);
    }
    unlink(pipe);
    rmdir(way->folder);
    way->publisher = (struct publisher){
        .exporter = exporter,
        .slots = SLOTS,
        .bytes = BYTES,
        .sampling = 1,
        .live = live,
        .waiting = on_waiting,
        .context = way,
    };
}

// Lets the exporter end; all that was submitted must be delivered.
static void way_close(struct way *way)
{
    struct exporter *exporter = way->publisher.exporter;
    exporter_drain(exporter);
    while (!exporter_drained(exporter)) {
        read_some(way);
        clock_sleep_us(100);
    }
    assert_int_equal(exporter_finish(exporter), 0);
    struct exporter_books books;
    exporter_books(exporter, &books);
    assert_int_equal(books.delivered, way->publisher.records);
    exporter_free(exporter);
    close(way->reader);
}

// Whether there was room for one.
static bool publish(struct way *way, enum record_type type)
{
    struct record *record = publisher_reserve(&way->publisher, type);
    if (record == NULL) {
        return false;
    }
    if (type == RECORD_QUERY) {
        made_query(record, ROWS);
    } else if (type == RECORD_ANOMALY) {
        made_anomaly(record);
    } else if (type == RECORD_WINDOW) {
        made_window(record);
    } else {
        made_tcp(record);
    }
    publisher_submit(&way->publisher, record);
    return true;
}

static uint64_t waiting_bytes(const struct way *way)
{
    struct exporter_gauges gauges;
    exporter_gauges(way->publisher.exporter, &gauges);
    return gauges.ring_bytes;
}

static void test_live_answers_are_shed_first(void **state)
{
    (void)state;
    struct way way;
    way_open(&way, true);
    const uint64_t *shed = way.publisher.shed;
    uint64_t largest = 0;
    uint64_t before = 0;
    while (publish(&way, RECORD_QUERY)) {
        uint64_t now = waiting_bytes(&way);
        largest = now > before && now - before > largest ? now - before : largest;
        before = now;
    }
    assert_int_equal(shed[RECORD_QUERY], 1);
    assert_in_range(waiting_bytes(&way), BYTES - BYTES / 4, BYTES - BYTES / 4 + largest);
    unsigned waited = way.waited;
    assert_true(waited > 0);
    assert_false(publish(&way, RECORD_QUERY)); // that was waited for
    assert_int_equal(way.waited, waited);
    assert_int_equal(shed[RECORD_QUERY], 2);

    assert_true(publish(&way, RECORD_WINDOW));
    assert_true(publish(&way, RECORD_FLOW));
    while (publish(&way, RECORD_ANOMALY)) {
        assert_true(ring_reserve(exporter_ring(way.publisher.exporter), 1) != NULL);
    }
    assert_int_equal(shed[RECORD_ANOMALY], 1);
    assert_true(waiting_bytes(&way) >= BYTES);
    assert_false(publish(&way, RECORD_WINDOW));
    assert_int_equal(shed[RECORD_WINDOW], 1);
    assert_true(publish(&way, RECORD_FLOW)); // owns nothing
    assert_int_equal(shed[RECORD_FLOW], 0);

    while (waiting_bytes(&way) > 0) {
        read_some(&way);
        clock_sleep_us(100);
    }
    assert_true(publish(&way, RECORD_QUERY));
    assert_true(publish(&way, RECORD_WINDOW));
    assert_false(way.publisher.stalled[PUBLISHER_LACKS_BYTES]);
    way_close(&way);
}

static void test_replay_waits(void **state)
{
    enum { ANSWERS = 100 };
    (void)state;
    struct way way;
    way_open(&way, false);
    way.reads = true;
    for (unsigned i = 0; i < ANSWERS; i++) {
        assert_true(publish(&way, RECORD_QUERY));
        assert_true(waiting_bytes(&way) < 2 * BYTES);
    }
    assert_true(way.waited > 0);
    for (size_t type = 0; type < RECORD_TYPE_COUNT; type++) {
        assert_int_equal(way.publisher.shed[type], 0);
    }
    way_close(&way);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_live_answers_are_shed_first),
        cmocka_unit_test(test_replay_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
