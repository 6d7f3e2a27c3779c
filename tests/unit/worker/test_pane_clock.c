// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane/worker/pane_clock.h"

enum { TIMES_MAX = 6, PANES_MAX = 10 };

#define FAR (INT64_C(1) << 60)

// Panes of 1000 us: the times of packets, and the starts of all panes that are opened for them.
static const struct clock_case {
    const char *name;
    int64_t quiet_us;
    unsigned times;
    int64_t time_us[TIMES_MAX];
    unsigned panes;
    int64_t start_us[PANES_MAX];
} clock_cases[] = {
    {"aligned, not begun with the first packet", 3000, 1, {1700000123456}, 1, {1700000123000}},
    {"a pane's first and last microsecond", 3000, 3, {1000, 1999, 2000}, 2, {1000, 2000}},
    {"the epoch itself", 3000, 2, {0, 1000}, 2, {0, 1000}},
    {"before the epoch", 3000, 4, {-1001, -1000, -1, 0}, 3, {-2000, -1000, 0}},
    {"late packets open nothing", 3000, 4, {5000, 4999, -9000, 5999}, 1, {5000}},
    {"a short silence is cut into empty panes", 3000, 2, {500, 2500}, 3, {0, 1000, 2000}},
    {"a silence one pane below the limit", 3000, 2, {500, 3500}, 4, {0, 1000, 2000, 3000}},
    {"a silence at the limit", 3000, 2, {500, 4500}, 5, {0, 1000, 2000, 3000, 4000}},
    {"over the limit: the rest is skipped", 3000, 2, {500, 5500}, 5, {0, 1000, 2000, 3000, 5000}},
    {"long over it", 3000, 2, {500, FAR}, 5, {0, 1000, 2000, 3000, FAR / 1000 * 1000}},
    {"a limit that is no whole pane", 1500, 2, {500, 9500}, 4, {0, 1000, 2000, 9000}},
    {"no patience: nothing but panes with packets", 0, 3, {500, 1500, 7500}, 3, {0, 1000, 7000}},
    {"silence counts from the last packet's pane",
     2000,
     3,
     {500, 2500, 5500},
     6,
     {0, 1000, 2000, 3000, 4000, 5000}},
    {"a jump is a new beginning",
     1000,
     4,
     {500, 90500, 92500, 92600},
     5,
     {0, 1000, 90000, 91000, 92000}},
};

static void panes_open_as_time_goes(void **state)
{
    const struct clock_case *expected = *state;
    struct pane_clock clock;
    pane_clock_init(&clock, 1000, expected->quiet_us);
    unsigned panes = 0;
    for (unsigned i = 0; i < expected->times; i++) {
        int64_t time_us = expected->time_us[i];
        struct pane_turn turn = {.loss.late = 7};
        unsigned before = panes;
        while (pane_clock_step(&clock, time_us, &turn)) {
            assert_true(panes < expected->panes);
            assert_int_equal(turn.ends, panes > 0);
            assert_true(turn.begins);
            assert_int_equal(turn.start_us, expected->start_us[panes]);
            assert_int_equal(turn.end_us, turn.start_us + 1000);
            assert_int_equal(turn.loss.late, 7); // the rest of it is the reader's
            panes++;
        }
        int64_t open_us = expected->start_us[panes - 1];
        bool late = time_us < open_us;
        assert_int_equal(pane_clock_is_outside(&clock, time_us), late);
        assert_true(pane_clock_is_outside(&clock, open_us - 1));
        assert_true(pane_clock_is_outside(&clock, open_us + 1000));
        assert_true(!late || panes == before);
    }
    assert_int_equal(panes, expected->panes);
}

// Whatever the first packet's time, there is no pane before it.
static void no_pane_is_open_at_first(void **state)
{
    (void)state;
    static const int64_t times[] = {0, 1, -1, FAR, -FAR};
    struct pane_clock clock;
    pane_clock_init(&clock, 1000, 3000);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        assert_true(pane_clock_is_outside(&clock, times[i]));
    }
}

static void a_clock_that_was_set_back_goes_on_from_there(void **state)
{
    (void)state;
    struct pane_clock clock;
    struct pane_turn turn = {0};
    pane_clock_init(&clock, 1000, 3000);
    assert_true(pane_clock_step(&clock, 10500, &turn));
    pane_clock_rewind(&clock, 4200);
    assert_true(pane_clock_step(&clock, 4200, &turn));
    assert_true(turn.ends && turn.begins);
    assert_int_equal(turn.start_us, 4000);
    assert_int_equal(turn.end_us, 5000);
    assert_false(pane_clock_step(&clock, 4999, &turn));
    assert_true(pane_clock_step(&clock, 5000, &turn));
    assert_int_equal(turn.start_us, 5000);
}

int main(void)
{
    enum { CLOCK_CASES = sizeof(clock_cases) / sizeof(clock_cases[0]) };
    struct CMUnitTest tests[2 + CLOCK_CASES] = {
        cmocka_unit_test(no_pane_is_open_at_first),
        cmocka_unit_test(a_clock_that_was_set_back_goes_on_from_there),
    };
    for (size_t i = 0; i < CLOCK_CASES; i++) {
        tests[2 + i] = (struct CMUnitTest){clock_cases[i].name, panes_open_as_time_goes, NULL, NULL,
                                           (void *)&clock_cases[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
