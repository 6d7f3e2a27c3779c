// SPDX-License-Identifier: Apache-2.0
// What is put into the calendar comes out in the order of its times, none early, none lost.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/generate/draw.h"
#include "agent/generate/wheel.h"

enum { ITEMS = 5000, AHEAD_US = 400000, STEPS = 200000 };

static void test_order_of_times(void **state)
{
    (void)state;
    static int64_t due_us[ITEMS + 1];
    struct wheel wheel;
    struct draw draw;
    int64_t now_us = 1234567890;
    draw_init(&draw, 3);
    assert_int_equal(wheel_init(&wheel, now_us, ITEMS), 0);
    for (uint32_t item = 1; item <= ITEMS; item++) {
        due_us[item] = now_us + draw_below(&draw, AHEAD_US);
        wheel_put(&wheel, item, due_us[item]);
    }
    for (unsigned step = 0; step < STEPS; step++) {
        int64_t at_us = wheel_seek(&wheel, INT64_MAX);
        assert_true(at_us >= now_us);
        now_us = at_us;
        uint32_t item = wheel_take(&wheel);
        assert_in_range(item, 1, ITEMS);
        assert_int_equal(due_us[item], now_us);
        due_us[item] = now_us + draw_below(&draw, AHEAD_US); // at once, too
        wheel_put(&wheel, item, due_us[item]);
        assert_int_equal(wheel.waiting, ITEMS);
    }
    wheel_fini(&wheel);
}

static void test_ends_of_time(void **state)
{
    (void)state;
    struct wheel wheel;
    assert_int_equal(wheel_init(&wheel, 1000, 1), 0);
    assert_int_equal(wheel_seek(&wheel, 1500), -1);
    wheel_put(&wheel, 1, 1500 + WHEEL_AHEAD_US - 1);
    assert_int_equal(wheel_seek(&wheel, 1500 + WHEEL_AHEAD_US - 1), -1);
    assert_int_equal(wheel_seek(&wheel, 1500 + WHEEL_AHEAD_US), 1500 + WHEEL_AHEAD_US - 1);
    assert_int_equal(wheel_take(&wheel), 1);
    assert_int_equal(wheel_seek(&wheel, INT64_C(1) << 30), -1);
    wheel_fini(&wheel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_of_times),
        cmocka_unit_test(test_ends_of_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
