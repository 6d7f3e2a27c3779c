// SPDX-License-Identifier: Apache-2.0
// What the files on disk take and how old what they hold is.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dataplane/base/clock.h"
#include "tests/unit/history/scene.h"

static struct taken taken;

static void room_verify(const struct scene *scene, int64_t most)
{
    int64_t bytes = scene_bytes(scene);
    if (bytes > most) {
        fail_msg("%lld octets on disk, expected at most %lld", (long long)bytes, (long long)most);
    }
}

// Six times what fits: never too large, and what is left are the newest without a gap.
static void test_size(void **state)
{
    enum { ANSWERS = 6000, OCTETS = 16 * 1024 };
    struct scene *scene = *state;
    scene_start(scene, HOUR_US, HISTORY_BYTES_LEAST);
    for (int i = 0; i < ANSWERS; i++) {
        tell_answer(scene, i, "q", OCTETS + (size_t)(i * 37 % 5000));
        if (i % 50 == 0) {
            assert_int_equal(history_flush(scene->history, WAIT_US), 0);
            room_verify(scene, HISTORY_BYTES_LEAST);
        }
    }
    assert_int_equal(history_flush(scene->history, WAIT_US), 0);
    room_verify(scene, HISTORY_BYTES_LEAST);
    struct history_span span = span_of(HISTORY_ANSWERS, INT64_MIN, INT64_MAX);
    scene_read(scene, &span, &taken);
    assert_in_range(taken.count, 200, 1024);
    for (size_t i = 0; i < taken.count; i++) {
        assert_int_equal(taken.numbers[i], ANSWERS - taken.count + i);
    }
    struct history_statistics statistics = scene_statistics(scene);
    assert_int_equal(statistics.written, ANSWERS);
    assert_int_equal(statistics.erased, ANSWERS - taken.count);
    assert_int_equal(statistics.dropped[HISTORY_WRITE_FAILED], 0);
}

// A run with a lower bound gives the room back.
static void test_lower_size(void **state)
{
    enum { ANSWERS = 3000, OCTETS = 16 * 1024 };
    struct scene *scene = *state;
    scene_start(scene, HOUR_US, 4 * HISTORY_BYTES_LEAST);
    for (int i = 0; i < ANSWERS; i++) {
        tell_answer(scene, i, "q", OCTETS);
        if (i % 500 == 0) {
            assert_int_equal(history_flush(scene->history, WAIT_US), 0);
        }
    }
    scene_stop(scene);
    assert_true(scene_bytes(scene) > 2 * HISTORY_BYTES_LEAST);
    scene_start(scene, HOUR_US, HISTORY_BYTES_LEAST);
    int64_t until_us = clock_monotonic_us() + WAIT_US;
    while (scene_bytes(scene) > HISTORY_BYTES_LEAST && clock_monotonic_us() < until_us) {
        tell_window(scene, 1, 1);
        assert_int_equal(history_flush(scene->history, WAIT_US), 0);
    }
    scene_stop(scene);
    room_verify(scene, HISTORY_BYTES_LEAST);
    assert_int_equal(scene_ask(scene, "SELECT quick_check = 'ok' FROM pragma_quick_check"), 1);
}

// The age counts from when it was written, so that an old capture's records stay, too.
static void test_age(void **state)
{
    struct scene *scene = *state;
    int64_t now_us = clock_wall_us();
    scene_start(scene, HOUR_US, 4 * HISTORY_BYTES_LEAST);
    for (int i = 0; i < 2000; i++) {
        tell_window(scene, i, (uint64_t)i);
    }
    scene_stop(scene);
    char script[256];
    snprintf(script, sizeof(script), "UPDATE records SET written_us = %lld WHERE id <= 1500",
             (long long)(now_us - HOUR_US - 1));
    (void)scene_ask(scene, script);
    snprintf(script, sizeof(script), "UPDATE records SET written_us = %lld WHERE id > 1500",
             (long long)(now_us - HOUR_US + 10 * 60 * INT64_C(1000000)));
    (void)scene_ask(scene, script);
    scene_start(scene, HOUR_US, 4 * HISTORY_BYTES_LEAST);
    int64_t until_us = clock_monotonic_us() + WAIT_US;
    while (scene_statistics(scene).erased < 1500 && clock_monotonic_us() < until_us) {
        clock_sleep_us(10000);
    }
    clock_sleep_us(100000);
    struct history_span span = span_of(HISTORY_WINDOWS, INT64_MIN, INT64_MAX);
    scene_read(scene, &span, &taken);
    assert_int_equal(taken.count, 500);
    assert_int_equal(taken.numbers[0], 1500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_size, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(test_lower_size, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(test_age, scene_setup, scene_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
