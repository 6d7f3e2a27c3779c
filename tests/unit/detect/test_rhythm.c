// SPDX-License-Identifier: Apache-2.0
// What a series shows at one time of a day is told for the same time of later days.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/detect/rhythm.h"

enum { MINUTE_S = 60, HOUR_S = 3600 };

static struct rhythm rhythm;

static void test_another_day_is_told(void **state)
{
    (void)state;
    rhythm_init(&rhythm, RHYTHM_DAY_S, RHYTHM_DAY_BUCKETS);
    for (int minute = 0; minute < 2 * 24 * 60; minute++) {
        double time_s = (double)minute * MINUTE_S;
        double expected = rhythm_expect(&rhythm, time_s);
        if (minute < 24 * 60 - 10) {
            assert_true(isnan(expected)); // the same day tells nothing
        } else if (minute >= 24 * 60) {
            assert_true(expected == minute % (24 * 60) / 60);
        }
        rhythm_learn(&rhythm, time_s, minute % (24 * 60) / 60);
    }
}

static void test_one_odd_day_is_outvoted(void **state)
{
    (void)state;
    rhythm_init(&rhythm, RHYTHM_DAY_S, RHYTHM_DAY_BUCKETS);
    for (int day = 0; day < 5; day++) {
        for (int hour = 0; hour < 24; hour++) {
            rhythm_learn(&rhythm, day * RHYTHM_DAY_S + hour * HOUR_S, day == 3 ? 1000 : hour);
        }
    }
    assert_true(rhythm_expect(&rhythm, 5 * RHYTHM_DAY_S + 7 * HOUR_S) == 7);
}

static void test_a_row_a_day_is_a_visit_a_day(void **state)
{
    (void)state;
    rhythm_init(&rhythm, RHYTHM_DAY_S, RHYTHM_DAY_BUCKETS);
    for (int day = 0; day < 4; day++) {
        rhythm_learn(&rhythm, day * RHYTHM_DAY_S + HOUR_S, day);
    }
    assert_true(rhythm_expect(&rhythm, 4 * RHYTHM_DAY_S + HOUR_S) == 1); // of 0, 1 and 2
}

static void test_times_of_all_kinds_are_borne(void **state)
{
    static const double times[] = {-1e12, -0.5, 0, 1e-300, 86399.999999, 1e12, NAN};
    (void)state;
    rhythm_init(&rhythm, RHYTHM_WEEK_S, RHYTHM_WEEK_BUCKETS);
    for (size_t i = 0; i < 3 * sizeof(times) / sizeof(times[0]); i++) {
        double time_s = times[i % (sizeof(times) / sizeof(times[0]))];
        rhythm_learn(&rhythm, time_s, 1);
        double expected = rhythm_expect(&rhythm, time_s);
        assert_true(isnan(expected) || expected == 1);
    }
    assert_true(isnan(rhythm_expect(&rhythm, NAN)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_day_is_told),
        cmocka_unit_test(test_one_odd_day_is_outvoted),
        cmocka_unit_test(test_a_row_a_day_is_a_visit_a_day),
        cmocka_unit_test(test_times_of_all_kinds_are_borne),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
