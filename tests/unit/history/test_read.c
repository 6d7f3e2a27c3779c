// SPDX-License-Identifier: Apache-2.0
// Spans, pages, names, what is erased, and what another run finds.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/history/scene.h"

enum { WINDOWS = 1000, MAX_BYTES = 64 * 1024 * 1024 };

#define SECOND_US INT64_C(1000000)
#define BEGIN_US  INT64_C(1700000000000000)

static struct taken taken;

static int64_t at(int seconds)
{
    return BEGIN_US + seconds * SECOND_US;
}

static void many_tell(struct scene *scene)
{
    for (int i = 0; i < WINDOWS; i++) {
        tell_window(scene, at(i), (uint64_t)i);
        tell_answer(scene, at(i + 1), i % 2 == 0 ? "even" : "odd", 10);
        if (i % 10 == 0) {
            tell_anomaly(scene, at(i + 1), (uint64_t)i);
        }
    }
    assert_int_equal(history_flush(scene->history, WAIT_US), 0);
}

static void test_nothing_before_start(void **state)
{
    struct scene *scene = *state;
    struct error err;
    const struct history_options options = {
        .path = scene->path, .max_age_us = HOUR_US, .max_bytes = MAX_BYTES};
    assert_int_equal(history_create(&scene->history, &options, &err), 0);
    tell_window(scene, at(0), 1);
    struct history_span span = span_of(HISTORY_WINDOWS, INT64_MIN, INT64_MAX);
    assert_int_equal(history_read(scene->history, &span, NULL, NULL, &err), -EAGAIN);
    assert_int_equal(history_delete(scene->history, 0, 1, &err), -EAGAIN);
    assert_int_equal(history_start(scene->history, &err), 0);
    tell_window(scene, at(1), 2);
    assert_int_equal(history_flush(scene->history, WAIT_US), 0);
    scene_read(scene, &span, &taken);
    assert_int_equal(taken.count, 1);
    assert_int_equal(taken.numbers[0], 2);
    assert_int_equal(scene_statistics(scene).written, 1);
}

static void test_spans(void **state)
{
    struct scene *scene = *state;
    scene_start(scene, HOUR_US, MAX_BYTES);
    many_tell(scene);
    static const struct {
        int from, to;
        size_t windows, answers, anomalies;
    } cases[] = {
        {0, 1000, 1000, 999, 100}, {0, 1001, 1000, 1000, 100}, {10, 20, 10, 10, 1},
        {11, 12, 1, 1, 1},         {12, 13, 1, 1, 0},          {-50, 0, 0, 0, 0},
        {1001, 2000, 0, 0, 0},     {20, 10, 0, 0, 0},          {999, 1001, 1, 2, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t from_us = at(cases[i].from), to_us = at(cases[i].to);
        struct history_span span = span_of(HISTORY_WINDOWS, from_us, to_us);
        scene_read(scene, &span, &taken);
        assert_int_equal(taken.count, cases[i].windows);
        for (size_t n = 0; n < taken.count; n++) {
            assert_int_equal(taken.places[n].time_us, from_us + (int64_t)n * SECOND_US);
            assert_int_equal(at((int)taken.numbers[n]), taken.places[n].time_us);
        }
        span.kind = HISTORY_ANSWERS;
        scene_read(scene, &span, &taken);
        assert_int_equal(taken.count, cases[i].answers);
        span.kind = HISTORY_ANOMALIES;
        scene_read(scene, &span, &taken);
        assert_int_equal(taken.count, cases[i].anomalies);
    }
}

static void test_latest_and_names(void **state)
{
    struct scene *scene = *state;
    scene_start(scene, HOUR_US, MAX_BYTES);
    many_tell(scene);
    struct history_span span = span_of(HISTORY_WINDOWS, INT64_MIN, INT64_MAX);
    span.order = HISTORY_NEWEST_FIRST;
    taken.most = 1;
    scene_read(scene, &span, &taken);
    taken.most = 0;
    assert_int_equal(taken.count, 1);
    assert_int_equal(taken.numbers[0], WINDOWS - 1);
    span = span_of(HISTORY_ANSWERS, INT64_MIN, INT64_MAX);
    span.name = "odd";
    scene_read(scene, &span, &taken);
    assert_int_equal(taken.count, WINDOWS / 2);
    for (size_t i = 0; i < taken.count; i++) {
        assert_int_equal(taken.places[i].time_us, at(2 * (int)i + 2));
    }
    span.name = "neither";
    scene_read(scene, &span, &taken);
    assert_int_equal(taken.count, 0);
}

// Several records of the same time, pages that end among them, in both orders.
static void test_pages(void **state)
{
    struct scene *scene = *state;
    scene_start(scene, HOUR_US, MAX_BYTES);
    for (int i = 0; i < WINDOWS; i++) {
        tell_window(scene, at(i / 7), (uint64_t)i);
    }
    assert_int_equal(history_flush(scene->history, WAIT_US), 0);
    for (int order = HISTORY_NEWEST_FIRST; order <= HISTORY_OLDEST_FIRST; order++) {
        struct history_span span = span_of(HISTORY_WINDOWS, at(0), at(WINDOWS));
        span.order = (enum history_order)order;
        int seen = 0;
        taken.most = 10;
        do {
            scene_read(scene, &span, &taken);
            for (size_t i = 0; i < taken.count; i++, seen++) {
                int expected = order == HISTORY_OLDEST_FIRST ? seen : WINDOWS - 1 - seen;
                assert_int_equal(taken.numbers[i], expected);
            }
            span.last = taken.count > 0 ? taken.places[taken.count - 1] : span.last;
        } while (taken.count > 0);
        taken.most = 0;
        assert_int_equal(seen, WINDOWS);
    }
}

// Whether the answer of that second, which is "even" from an even second on, is its stretch's last.
static bool is_last(int second, int every_s, int from, int to)
{
    int64_t begin_s = at(second) / SECOND_US / every_s * every_s;
    for (int later = second + 2; later < to; later += 2) {
        if (at(later) / SECOND_US < begin_s + every_s) {
            return false;
        }
    }
    return second >= from && second < to;
}

// The last of each stretch, in both orders, in pages, with bounds within a stretch.
static void test_stretches(void **state)
{
    struct scene *scene = *state;
    scene_start(scene, HOUR_US, MAX_BYTES);
    many_tell(scene);
    static const struct {
        int every_s, from, to;
    } cases[] = {{1, 1, 50}, {2, 1, 50}, {7, 1, 990}, {60, 33, 777}, {60, 33, 34}, {5000, 1, 1001}};
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        int from = cases[i / 2].from, to = cases[i / 2].to, every_s = cases[i / 2].every_s;
        bool newest = i % 2 == 0;
        struct history_span span = span_of(HISTORY_ANSWERS, at(from), at(to));
        span.name = "even"; // told at 1, 3, 5...
        span.every_us = every_s * SECOND_US;
        span.order = newest ? HISTORY_NEWEST_FIRST : HISTORY_OLDEST_FIRST;
        int second = newest ? 2 * WINDOWS + 1 : -1;
        taken.most = 3;
        do {
            scene_read(scene, &span, &taken);
            for (size_t n = 0; n < taken.count; n++) {
                do {
                    second += newest ? -2 : 2;
                    assert_true(second > 0 && second <= 2 * WINDOWS);
                } while (!is_last(second, every_s, from, to));
                assert_int_equal(taken.places[n].time_us, at(second));
                span.last = taken.places[n];
            }
        } while (taken.count > 0);
        taken.most = 0;
        for (second += newest ? -2 : 2; second >= from && second < to; second += newest ? -2 : 2) {
            assert_false(is_last(second, every_s, from, to));
        }
    }
}

// What is being erased is not the last of its stretch.
static void test_stretches_without_what_is_erased(void **state)
{
    struct scene *scene = *state;
    struct error err;
    scene_start(scene, HOUR_US, MAX_BYTES);
    many_tell(scene);
    struct history_span span = span_of(HISTORY_ANSWERS, at(1), at(101));
    span.name = "even";
    span.every_us = 100 * SECOND_US; // begins at BEGIN_US
    assert_int_equal(history_delete(scene->history, at(50), at(100), &err), 0);
    for (int order = HISTORY_NEWEST_FIRST; order <= HISTORY_OLDEST_FIRST; order++) {
        span.order = (enum history_order)order;
        scene_read(scene, &span, &taken);
        assert_int_equal(taken.count, 1);
        assert_int_equal(taken.places[0].time_us, at(49));
    }
}

static void test_delete(void **state)
{
    struct scene *scene = *state;
    struct error err;
    scene_start(scene, HOUR_US, MAX_BYTES);
    many_tell(scene);
    assert_int_equal(history_delete(scene->history, at(100), at(900), &err), 0);
    // Gone at once, whatever the disk does.
    struct history_span span = span_of(HISTORY_WINDOWS, at(0), at(WINDOWS));
    scene_read(scene, &span, &taken);
    assert_int_equal(taken.count, 200);
    assert_int_equal(taken.numbers[99], 99);
    assert_int_equal(taken.numbers[100], 900);
    assert_int_equal(history_flush(scene->history, WAIT_US), 0);
    scene_read(scene, &span, &taken);
    assert_int_equal(taken.count, 200);
    assert_int_equal(scene_ask(scene, "SELECT count(*) FROM records WHERE "
                                      "time_us >= 1700000100000000 AND time_us < 1700000900000000"),
                     0);
    assert_int_equal(scene_statistics(scene).erased, 800 + 800 + 80);
    // What comes later with such a time stays.
    tell_window(scene, at(500), 5);
    assert_int_equal(history_flush(scene->history, WAIT_US), 0);
    scene_read(scene, &span, &taken);
    assert_int_equal(taken.count, 201);
}

static void test_next_run(void **state)
{
    struct scene *scene = *state;
    scene_start(scene, HOUR_US, MAX_BYTES);
    many_tell(scene);
    tell_window(scene, at(WINDOWS), 77); // nobody waits for it
    scene_stop(scene);
    scene_start(scene, HOUR_US, MAX_BYTES);
    struct history_span span = span_of(HISTORY_WINDOWS, INT64_MIN, INT64_MAX);
    scene_read(scene, &span, &taken);
    assert_int_equal(taken.count, WINDOWS + 1);
    assert_int_equal(taken.numbers[WINDOWS], 77);
    assert_int_equal(scene_ask(scene, "PRAGMA user_version"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_before_start, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(test_spans, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(test_latest_and_names, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(test_pages, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(test_stretches, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(test_stretches_without_what_is_erased, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(test_delete, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(test_next_run, scene_setup, scene_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
