// SPDX-License-Identifier: Apache-2.0
// One thread tells, one reads, deletes and acknowledges, the history's own writes.
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dataplane/base/clock.h"
#include "tests/unit/history/scene.h"

enum { WINDOWS = 20000, MAX_BYTES = 64 * 1024 * 1024 };

struct reader {
    struct scene *scene;
    struct taken taken;
    atomic_bool told;
    unsigned rounds;
};

static void *reader_main(void *argument)
{
    struct reader *reader = argument;
    struct history_span span = span_of(HISTORY_WINDOWS, 0, INT64_MAX);
    span.order = HISTORY_NEWEST_FIRST;
    reader->taken.most = 100;
    while (!atomic_load(&reader->told)) {
        struct error err;
        scene_read(reader->scene, &span, &reader->taken);
        for (size_t i = 0; i + 1 < reader->taken.count; i++) {
            assert_int_equal(reader->taken.numbers[i], reader->taken.numbers[i + 1] + 1);
        }
        int code = history_delete(reader->scene->history, -10, 0, &err);
        assert_true(code == 0 || code == -EBUSY);
        code = history_acknowledge(reader->scene->history, 1, "{}", 2, &err);
        assert_true(code == 0 || code == -EBUSY);
        reader->rounds++;
        clock_sleep_us(1000);
    }
    return NULL;
}

static void test_threads(void **state)
{
    static struct reader reader;
    reader.scene = *state;
    scene_start(reader.scene, HOUR_US, MAX_BYTES);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, reader_main, &reader), 0);
    tell_anomaly(reader.scene, 1, 1);
    for (int i = 0; i < WINDOWS; i++) {
        tell_window(reader.scene, i, (uint64_t)i);
        if (i % 1000 == 0) {
            assert_int_equal(history_flush(reader.scene->history, WAIT_US), 0);
        }
    }
    assert_int_equal(history_flush(reader.scene->history, WAIT_US), 0);
    atomic_store(&reader.told, true);
    pthread_join(thread, NULL);
    assert_true(reader.rounds > 0);
    assert_int_equal(history_flush(reader.scene->history, WAIT_US), 0);
    assert_int_equal(scene_statistics(reader.scene).written, 1 + WINDOWS);
    assert_int_equal(scene_ask(reader.scene, "SELECT count(*) FROM acknowledgements"), 1);
}

// Somebody else holds the database, so that next to nothing leaves the queue; who tells does not
// wait for that.
static void test_full_queue(void **state)
{
    enum { RECORDS = 20000 };
    struct scene *scene = *state;
    scene_start(scene, HOUR_US, MAX_BYTES);
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(scene->path, &other), SQLITE_OK);
    sqlite3_busy_timeout(other, 10000);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    for (int i = 0; i < RECORDS; i++) {
        tell_window(scene, i, (uint64_t)i);
    }
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    assert_int_equal(history_flush(scene->history, WAIT_US), 0);
    struct history_statistics statistics = scene_statistics(scene);
    uint64_t full = statistics.dropped[HISTORY_QUEUE_FULL];
    assert_true(full > RECORDS / 4);
    assert_int_equal(full + statistics.dropped[HISTORY_WRITE_FAILED] + statistics.written, RECORDS);
    assert_int_equal(scene_ask(scene, "SELECT count(*) FROM records"), statistics.written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_threads, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(test_full_queue, scene_setup, scene_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
