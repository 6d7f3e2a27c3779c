// SPDX-License-Identifier: Apache-2.0
// Each detector on series made by hand, as it comes: no case sets an option.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/detect/detection.h"
#include "tests/unit/detect/made.h"

enum { ROWS_MAX = 20000, STEP_S = 300, DAY_ROWS = MADE_DAY_S / STEP_S };

static const double FOUND = 1e-4; // what is less probable is found
static const double QUIET = 1e-8; // what is more probable is no false alarm here
static struct detect_point points[ROWS_MAX];
static double probabilities[ROWS_MAX];

static void judge(const struct detector_ops *ops, size_t rows)
{
    static const struct detect_options options = {.memory_rows = DETECT_MEMORY_ROWS};
    void *detector;
    assert_int_equal(ops->create(&detector, &options), 0);
    for (size_t i = 0; i < rows; i++) {
        struct detect_verdict verdict;
        ops->feed(detector, &points[i]);
        ops->tell(detector, &verdict);
        assert_true(verdict.probability > 0 && verdict.probability <= 1);
        assert_true(verdict.spread >= 0);
        probabilities[i] = verdict.probability;
    }
    ops->free(detector);
}

// The first row of [first, end) that is less probable than `limit`; `end`: none is.
static size_t found_first(size_t first, size_t end, double limit)
{
    while (first < end && probabilities[first] >= limit) {
        first++;
    }
    return first;
}

static void assert_found(const char *what, size_t first, size_t end)
{
    if (found_first(first, end, FOUND) == end) {
        double least = 1;
        for (size_t i = first; i < end; i++) {
            least = fmin(least, probabilities[i]);
        }
        fail_msg("%s: nothing was found from row %zu to %zu, least probability %g", what, first,
                 end, least);
    }
}

static void assert_quiet(const char *what, size_t first, size_t end)
{
    size_t row = found_first(first, end, QUIET);
    if (row < end) {
        fail_msg("%s: row %zu was found, probability %g", what, row, probabilities[row]);
    }
}

// A change made to a series, and the rows in which it must be found.
struct one_case {
    const char *name;
    double level, noise, days; // of the series; `days` is the height of the daily rhythm
    size_t first, end;         // changed rows
    double by;                 // added to them
    size_t rows;               // of the whole series
    size_t within;             // rows after `first` in which it is found
};

static const struct one_case volume_cases[] = {
    {"spike", 100, 5, 0, 1000, 1001, 60, 1100, 1},
    {"drop", 100, 5, 0, 1000, 1001, -60, 1100, 1},
    {"silence", 100, 5, 0, 1000, 1100, -100, 1100, 1},
    {"spike in the first minute", 100, 5, 0, 40, 41, 80, 60, 1},
    {"drop in the first minute", 100, 5, 0, 40, 41, -80, 60, 1},
    {"spike in a daily rhythm", 100, 5, 1000, 7 * DAY_ROWS, 7 * DAY_ROWS + 1, 120,
     7 * DAY_ROWS + 10, 1},
    {"drop at the top of a daily rhythm", 100, 5, 1000, 7 * DAY_ROWS + DAY_ROWS / 2,
     7 * DAY_ROWS + DAY_ROWS / 2 + 1, -150, 8 * DAY_ROWS, 1},
    {"spike on a constant series", 45, 0, 0, 500, 501, 10, 600, 1},
    {"first traffic after silence", 0, 0, 0, 500, 501, 1, 600, 1},
    {"small numbers", 1e-9, 1e-11, 0, 1000, 1001, 1e-9, 1100, 1},
    {"large numbers", 1e12, 1e10, 0, 1000, 1001, 4e11, 1100, 1},
    {"below zero", -100, 5, 0, 1000, 1001, -60, 1100, 1},
};

static const struct one_case change_cases[] = {
    {"level goes up", 100, 5, 0, 1000, 1400, 15, 1400, 25},
    {"level goes down", 100, 5, 0, 1000, 1400, -15, 1400, 25},
    {"silence", 100, 5, 0, 1000, 1400, -100, 1400, 12},
    {"level goes up in the first minutes", 100, 5, 0, 100, 200, 60, 200, 15},
    {"level of a daily rhythm", 100, 5, 1000, 7 * DAY_ROWS, 8 * DAY_ROWS, 100, 8 * DAY_ROWS, 40},
    {"level of a constant series", 45, 0, 0, 500, 600, 10, 600, 10},
};

static void series_make(const struct one_case *one)
{
    assert_true(one->rows <= ROWS_MAX);
    made_noise(points, one->rows, 1397088000, STEP_S, one->level, one->noise);
    made_add_days(points, one->rows, one->days);
    made_add(points, one->first, one->end, one->by);
}

static void test_volume_finds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(volume_cases) / sizeof(volume_cases[0]); i++) {
        const struct one_case *one = &volume_cases[i];
        series_make(one);
        judge(&detector_volume, one->rows);
        assert_quiet(one->name, 0, one->first);
        assert_found(one->name, one->first, one->first + one->within);
    }
}

static void test_change_finds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(change_cases) / sizeof(change_cases[0]); i++) {
        const struct one_case *one = &change_cases[i];
        series_make(one);
        judge(&detector_change, one->rows);
        assert_quiet(one->name, 0, one->first);
        assert_found(one->name, one->first, one->first + one->within);
    }
}

static void test_change_finds_another_variance(void **state)
{
    (void)state;
    made_noise(points, 2000, 0, 1, 100, 5);
    made_noise(points + 1500, 500, 1500, 1, 100, 20);
    judge(&detector_change, 2000);
    assert_quiet("variance", 0, 1500);
    assert_found("variance", 1500, 1560);
}

static void test_change_tells_a_spike_from_a_shift(void **state)
{
    (void)state;
    made_noise(points, 1200, 0, 1, 100, 5);
    made_add(points, 1000, 1003, 500);
    judge(&detector_change, 1200);
    assert_quiet("spike", 0, 1200);
}

static void test_a_new_level_becomes_usual(void **state)
{
    (void)state;
    for (int i = 0; i < DETECTION_DETECTORS; i++) {
        made_noise(points, 4000, 0, 1, 100, 5);
        made_add(points, 1000, 4000, 80);
        judge(detection_detectors[i], 4000);
        assert_found(detection_detectors[i]->name, 1000, 1050);
        assert_quiet(detection_detectors[i]->name, 1400, 4000);
    }
}

static void test_quiet_series_are_quiet(void **state)
{
    static const struct {
        const char *name;
        double level, noise, days, trend;
        size_t rows;
    } cases[] = {
        {"noise", 100, 5, 0, 0, 10000},
        {"constant", 45, 0, 0, 0, 10000},
        {"silence", 0, 0, 0, 0, 10000},
        {"trend", 100, 5, 0, 0.02, 10000},
        {"steep trend", 100, 1, 0, 3, 2000},
        {"daily rhythm", 100, 5, 1000, 0, 10000},
        {"daily rhythm, little noise", 100, 1, 1000, 0, 10000},
    };
    (void)state;
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        made_noise(points, cases[c].rows, 0, STEP_S, cases[c].level, cases[c].noise);
        made_add_days(points, cases[c].rows, cases[c].days);
        for (size_t i = 0; i < cases[c].rows; i++) {
            points[i].value += cases[c].trend * (double)i;
        }
        for (int i = 0; i < DETECTION_DETECTORS; i++) {
            judge(detection_detectors[i], cases[c].rows);
            assert_quiet(cases[c].name, 0, cases[c].rows);
        }
    }
}

static void test_missing_rows_and_times_are_borne(void **state)
{
    (void)state;
    for (int i = 0; i < DETECTION_DETECTORS; i++) {
        made_noise(points, 3000, 0, STEP_S, 100, 5);
        uint64_t random = 9;
        for (size_t row = 0; row < 3000; row++) {
            double draw = made_uniform(&random);
            if (draw < 0.1) {
                points[row].value = NAN;
            } else if (draw < 0.2) {
                points[row].time_s = NAN;
            } else if (draw < 0.3) {
                points[row].time_s -= 5 * STEP_S;
            }
        }
        points[2500] = (struct detect_point){NAN, NAN};
        made_add(points, 2600, 2700, 100);
        judge(detection_detectors[i], 3000);
        assert_quiet(detection_detectors[i]->name, 0, 2600);
        assert_found(detection_detectors[i]->name, 2600, 2630);
        assert_true(probabilities[2500] == 1);
    }
}

static void test_expected_and_spread_are_told(void **state)
{
    static const struct detect_options options = {.memory_rows = DETECT_MEMORY_ROWS};
    (void)state;
    made_noise(points, 1000, 0, 1, 100, 5);
    for (int i = 0; i < DETECTION_DETECTORS; i++) {
        void *detector;
        struct detect_verdict verdict;
        assert_int_equal(detection_detectors[i]->create(&detector, &options), 0);
        detection_detectors[i]->feed(detector, &points[0]);
        detection_detectors[i]->tell(detector, &verdict);
        assert_int_equal(verdict.state, DETECT_LEARNING);
        assert_true(isnan(verdict.expected));
        for (size_t row = 1; row < 1000; row++) {
            detection_detectors[i]->feed(detector, &points[row]);
        }
        detection_detectors[i]->tell(detector, &verdict);
        assert_int_equal(verdict.state, DETECT_WATCHING);
        assert_true(fabs(verdict.expected - 100) < 8);
        assert_true(verdict.spread > 2 && verdict.spread < 8);
        detection_detectors[i]->free(detector);
    }
    detector_volume.free(NULL);
    detector_change.free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_volume_finds),
        cmocka_unit_test(test_change_finds),
        cmocka_unit_test(test_change_finds_another_variance),
        cmocka_unit_test(test_change_tells_a_spike_from_a_shift),
        cmocka_unit_test(test_a_new_level_becomes_usual),
        cmocka_unit_test(test_quiet_series_are_quiet),
        cmocka_unit_test(test_missing_rows_and_times_are_borne),
        cmocka_unit_test(test_expected_and_spread_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
