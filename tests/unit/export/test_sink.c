// SPDX-License-Identifier: Apache-2.0
// One suite for every sink: each record handed over is settled once, and what was delivered is
// found at the far end.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/export/consumer.h"
#include "tests/unit/export/lines.h"
#include "tests/unit/export/settled.h"

enum { PARTITIONS = 3, TIMEOUT_US = 10 * 1000000, BATCHES = 4, BATCH = 500 };

struct far_end;

// What a sink is tested with. `check` holds what came out against the messages of `lines`.
struct kind {
    const char *name;
    const char *address; // %s: a path that may be written
    void (*check)(const struct far_end *end, const struct lines *lines);
};

struct far_end {
    const struct kind *kind;
    char path[64];
    struct sink *sink;
    struct settled settled;
};

static struct lines lines;

static void check_nothing(const struct far_end *end, const struct lines *expected)
{
    (void)end;
    (void)expected;
}

static void check_file(const struct far_end *end, const struct lines *expected)
{
    FILE *file = fopen(end->path, "r");
    assert_non_null(file);
    char line[LINE_BYTES_MAX + 2];
    for (size_t i = 0; i < expected->count; i++) {
        const struct sink_message *message = &expected->messages[i];
        assert_non_null(fgets(line, sizeof(line), file));
        assert_int_equal(strlen(line), message->value_bytes + 1);
        assert_memory_equal(line, message->value, message->value_bytes + 1);
    }
    assert_null(fgets(line, sizeof(line), file));
    fclose(file);
}

static void check_broker(const struct far_end *end, const struct lines *expected)
{
    struct consumed *records = consumer_read(sink_address(end->sink), PARTITIONS, expected->count);
    bool *seen = calloc(expected->count, sizeof(*seen));
    for (size_t i = 0; i < expected->count; i++) {
        unsigned long long line;
        assert_int_equal(sscanf(records[i].value, "{\"line\":%llu", &line), 1);
        assert_true(line < expected->count && !seen[line]);
        seen[line] = true;
        const struct sink_message *message = &expected->messages[line];
        assert_int_equal(strlen(records[i].value), message->value_bytes);
        assert_memory_equal(records[i].value, message->value, message->value_bytes);
        assert_string_equal(records[i].key, "key");
        assert_string_equal(records[i].topic, record_topic_names[message->topic]);
    }
    free(seen);
    consumed_free(records, expected->count);
}

static const struct kind kinds[] = {
    {"null", "null:", check_nothing},
    {"ndjson", "ndjson:%s", check_file},
    {"kafka", "kafka://embedded", check_broker},
};

static int open_sink(void **state)
{
    struct far_end *end = calloc(1, sizeof(*end));
    end->kind = *state;
    strcpy(end->path, "/tmp/weir-sink-XXXXXX");
    close(mkstemp(end->path));
    char address[128];
    snprintf(address, sizeof(address), end->kind->address, end->path);
    struct sink_options options = {.kafka_timeout_us = TIMEOUT_US, .topic.partitions = PARTITIONS};
    struct sink_events events = settled_events(&end->settled);
    struct error err = {0};
    int status = sink_open(address, &options, &events, &end->sink, &err);
    *state = end;
    if (status != 0) {
        fprintf(stderr, "%s\n", err.text);
    }
    return status;
}

static int close_sink(void **state)
{
    struct far_end *end = *state;
    sink_close(end->sink);
    unlink(end->path);
    free(end);
    return 0;
}

static void test_delivers(void **state)
{
    struct far_end *end = *state;
    lines_make(&lines, 0, BATCHES * BATCH);
    for (size_t i = 0; i < BATCHES; i++) {
        for (size_t done = 0; done < BATCH;) {
            done += sink_write(end->sink, lines.messages + i * BATCH + done, BATCH - done);
        }
        sink_serve(end->sink);
    }
    lines_flush(end->sink);
    assert_int_equal(end->settled.total, lines.count);
    for (size_t i = 0; i < lines.count; i++) {
        assert_int_equal(end->settled.times[i], 1);
        assert_int_equal(end->settled.cause[i], EXPORT_DELIVERED);
    }
    assert_int_equal(counter_read(&end->sink->settled[EXPORT_DELIVERED]), lines.count);
    assert_int_equal(end->settled.complaints, 0);
    end->kind->check(end, &lines);
}

static void test_abandoned(void **state)
{
    struct far_end *end = *state;
    lines_make(&lines, 0, BATCH);
    lines_write(&lines, end->sink);
    sink_abandon(end->sink, EXPORT_SHUTDOWN_TIMEOUT);
    assert_int_equal(end->settled.total, BATCH); // some delivered, some not, all settled
    size_t delivered = end->settled.of_cause[EXPORT_DELIVERED];
    assert_int_equal(end->settled.of_cause[EXPORT_SHUTDOWN_TIMEOUT], BATCH - delivered);

    lines_make(&lines, BATCH, BATCH);
    assert_int_equal(sink_write(end->sink, lines.messages, BATCH), BATCH);
    assert_int_equal(end->settled.of_cause[EXPORT_SHUTDOWN_TIMEOUT], 2 * BATCH - delivered);
    assert_int_equal(end->settled.of_cause[EXPORT_DELIVERED], delivered);
    for (size_t i = 0; i < 2 * BATCH; i++) {
        assert_int_equal(end->settled.times[i], 1);
    }
    assert_true(sink_flush(end->sink, 0));
}

static void test_closed_unused(void **state)
{
    struct far_end *end = *state;
    assert_true(sink_flush(end->sink, 0));
    assert_int_equal(end->settled.total, 0);
}

int main(void)
{
    int failed = 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        void *kind = (void *)(uintptr_t)&kinds[i];
        const struct CMUnitTest tests[] = {
            {"delivers", test_delivers, open_sink, close_sink, kind},
            {"abandoned", test_abandoned, open_sink, close_sink, kind},
            {"closed unused", test_closed_unused, open_sink, close_sink, kind},
        };
        failed += cmocka_run_group_tests_name(kinds[i].name, tests, NULL, NULL);
    }
    return failed;
}
