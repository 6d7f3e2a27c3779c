// SPDX-License-Identifier: Apache-2.0
// All detectors together: the score, the flag, and what must hold of them for any series.
#include <malloc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/detect/detection.h"
#include "tests/unit/detect/made.h"

enum { ROWS_MAX = 20000 };

static struct detect_point points[ROWS_MAX];
static struct detection_result results[ROWS_MAX];

static void detect(size_t rows)
{
    struct detection *detection;
    assert_int_equal(detection_create(&detection, NULL), 0);
    for (size_t i = 0; i < rows; i++) {
        detection_feed(detection, &points[i], &results[i]);
        assert_true(results[i].score >= 0 && results[i].score <= 1);
        assert_int_equal(results[i].flag, results[i].score >= DETECTION_THRESHOLD);
        assert_non_null(results[i].detector);
    }
    detection_free(detection);
}

static int flags(size_t first, size_t end)
{
    int count = 0;
    for (size_t i = first; i < end; i++) {
        count += results[i].flag;
    }
    return count;
}

static void test_an_event_is_told_once(void **state)
{
    (void)state;
    made_noise(points, 2000, 0, 1, 100, 5);
    made_add(points, 1000, 1040, 200);
    detect(2000);
    assert_true(flags(0, 1000) <= 2);
    assert_true(results[1000].flag);
    assert_true(flags(1000, 1100) <= 3);
    assert_ptr_equal(results[1000].detector, &detector_volume);
}

static void test_both_kinds_are_flagged(void **state)
{
    (void)state;
    made_noise(points, 3000, 0, 1, 100, 5);
    made_add(points, 1000, 1001, -90);
    made_add(points, 2000, 3000, 14); // within the noise for a single row
    detect(3000);
    assert_true(flags(0, 1000) <= 2);
    assert_true(results[1000].flag);
    assert_true(flags(1001, 2000) <= 2);
    assert_true(flags(2000, 2060) > 0);
    assert_true(flags(2200, 3000) <= 2);
}

// Made like a day of work: little at night, much by day, from one row to the next.
static void test_a_day_unlike_others_is_flagged(void **state)
{
    enum { DAY_ROWS = 288, ODD_DAY = 10, DAYS = 12 };
    static const double factors[] = {0.25, 0.5, 1, 1.8}; // of the odd day's work
    (void)state;
    for (size_t f = 0; f < sizeof(factors) / sizeof(factors[0]); f++) {
        uint64_t random = 3;
        for (size_t i = 0; i < DAYS * DAY_ROWS; i++) {
            size_t hour = i % DAY_ROWS / 12;
            double level = hour >= 9 && hour < 18 ? 80 : 20;
            if (level > 20 && i / DAY_ROWS == ODD_DAY) {
                level *= factors[f];
            }
            points[i].time_s = 1396310400 + 300.0 * (double)i;
            points[i].value = level * (0.9 + 0.2 * made_uniform(&random));
        }
        detect(DAYS * DAY_ROWS);
        assert_true(flags(DAY_ROWS * 3, DAY_ROWS * ODD_DAY) <= 2);
        assert_int_equal(flags(DAY_ROWS * ODD_DAY + 108, DAY_ROWS * ODD_DAY + 130) > 0,
                         factors[f] != 1);
    }
}

static void test_spikes_that_repeat_become_usual(void **state)
{
    (void)state;
    made_noise(points, 10000, 0, 1, 100, 5);
    for (size_t i = 20; i < 10000; i += 25) {
        points[i].value += 300;
    }
    detect(10000);
    assert_true(flags(0, 100) > 0);
    assert_true(flags(2000, 10000) <= 8);
}

static void test_a_restart_after_a_gap_is_no_anomaly(void **state)
{
    (void)state;
    made_noise(points, 2000, 0, 1, 100, 5);
    made_noise(points + 1000, 1000, 50000, 1, 105, 5);
    detect(2000);
    assert_int_equal(flags(990, 1100), 0);
}

// A spike is told from the tenth row on.
static void test_the_first_minute_is_watched(void **state)
{
    (void)state;
    for (size_t spike = 12; spike < 60; spike += 4) {
        made_noise(points, 60, 0, 1, 100, 5);
        made_add(points, spike, spike + 1, 500);
        detect(60);
        assert_int_equal(flags(0, spike), 0);
        assert_true(results[spike].flag);
    }
}

// One threshold serves series of any distribution: none has more false alarms than the score says.
static void test_false_alarms_are_few(void **state)
{
    static const char *const kinds[] = {"normal", "exponential",    "heavy",  "whole numbers",
                                        "walk",   "autoregression", "bursts", "on and off"};
    (void)state;
    for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
        uint64_t random = 17;
        double last = 0;
        for (size_t i = 0; i < ROWS_MAX; i++) {
            double normal = made_normal(&random);
            double uniform = made_uniform(&random);
            const double values[] = {
                normal,
                -log(1 - uniform),
                pow(1 - uniform, -1 / 3.0),
                floor(10 * uniform),
                last + normal,
                0.9 * last + normal,
                normal * (i / 500 % 4 == 3 ? 5 : 1),
                (i / 30 % 2) * 50 + normal,
            };
            last = values[kind];
            points[i] = (struct detect_point){.time_s = (double)i, .value = last};
        }
        detect(ROWS_MAX);
        int alarms = flags(0, ROWS_MAX);
        if (alarms > ROWS_MAX / 200) {
            fail_msg("%s: %d false alarms in %d rows", kinds[kind], alarms, ROWS_MAX);
        }
    }
}

// What is told of a row depends on no later one: a series cut short tells the same of its rows.
static void test_a_prefix_gives_the_prefix(void **state)
{
    static const size_t cuts[] = {1, 9, 10, 31, 200, 1500, 2999};
    static double scores[3000];
    (void)state;
    made_noise(points, 3000, 0, 300, 100, 5);
    made_add_days(points, 3000, 500);
    made_add(points, 1400, 1420, 300);
    points[1600].value = NAN;
    detect(3000);
    for (size_t i = 0; i < 3000; i++) {
        scores[i] = results[i].score;
    }
    for (size_t c = 0; c < sizeof(cuts) / sizeof(cuts[0]); c++) {
        detect(cuts[c]);
        for (size_t i = 0; i < cuts[c]; i++) {
            assert_true(results[i].score == scores[i]);
        }
    }
}

// A series in other units, such as bits for octets, is the same series.
static void test_units_do_not_matter(void **state)
{
    static double scores[3000];
    (void)state;
    made_noise(points, 3000, 0, 300, 100, 5);
    made_add(points, 2000, 2001, 40);
    detect(3000);
    for (size_t i = 0; i < 3000; i++) {
        scores[i] = results[i].score;
        points[i].value *= 1 << 20; // exact
    }
    detect(3000);
    for (size_t i = 0; i < 3000; i++) {
        assert_true(fabs(results[i].score - scores[i]) < 1e-9);
    }
}

static void test_memory_is_fixed_at_the_beginning(void **state)
{
    (void)state;
    struct detection *detection;
    struct detection_result result;
    assert_int_equal(detection_create(&detection, NULL), 0);
    size_t before = mallinfo2().uordblks;
    uint64_t random = 23;
    for (int i = 0; i < 50000; i++) {
        struct detect_point point = {.time_s = i * 97.0, .value = made_normal(&random)};
        detection_feed(detection, &point, &result);
    }
    assert_int_equal(mallinfo2().uordblks, before);
    detection_free(detection);
    detection_free(NULL);
}

static void test_any_numbers_are_borne(void **state)
{
    static const double odd[] = {
        0, -0.0, 1, -1, DETECT_VALUE_MAX, -DETECT_VALUE_MAX, 1e-300, 5e-324, NAN, 1e9, 1e-9};
    static const double times[] = {0, 1, -1e12, 1e12, NAN, 1e-9, 1397088000};
    (void)state;
    uint64_t random = 31;
    for (int run = 0; run < 50; run++) {
        for (size_t i = 0; i < 1000; i++) {
            size_t value = (size_t)(made_uniform(&random) * sizeof(odd) / sizeof(odd[0]));
            size_t time = (size_t)(made_uniform(&random) * sizeof(times) / sizeof(times[0]));
            points[i].value = run % 2 == 0 ? odd[value] : odd[value] * made_normal(&random) / 10;
            points[i].time_s = run % 3 == 0 ? (double)i : times[time];
        }
        detect(1000); // which asserts what must hold of each result
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_event_is_told_once),
        cmocka_unit_test(test_both_kinds_are_flagged),
        cmocka_unit_test(test_a_day_unlike_others_is_flagged),
        cmocka_unit_test(test_spikes_that_repeat_become_usual),
        cmocka_unit_test(test_a_restart_after_a_gap_is_no_anomaly),
        cmocka_unit_test(test_the_first_minute_is_watched),
        cmocka_unit_test(test_false_alarms_are_few),
        cmocka_unit_test(test_a_prefix_gives_the_prefix),
        cmocka_unit_test(test_units_do_not_matter),
        cmocka_unit_test(test_memory_is_fixed_at_the_beginning),
        cmocka_unit_test(test_any_numbers_are_borne),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
