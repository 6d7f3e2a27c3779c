// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane/capture/dpdk_clock.h"

static void ticks_become_wall_time(void **state)
{
    (void)state;
    static struct dpdk_clock clock;
    const uint64_t first = UINT64_MAX - 500; // it wraps
    dpdk_clock_begin(&clock, first, 1000);
    // 8 ticks a microsecond, by the monotonic clock; the wall clock was set meanwhile.
    dpdk_clock_set(&clock, first + 8000000, 1001000, 5000000);
    struct dpdk_moment moment = dpdk_clock_now(&clock);
    assert_int_equal(dpdk_moment_wall_us(&moment, first + 8000000), 5000000);
    assert_int_equal(dpdk_moment_wall_us(&moment, first + 8000800), 5000100);
    assert_int_equal(dpdk_moment_wall_us(&moment, first), 4000000);
    dpdk_clock_set(&clock, first + 16000000, 2001000, 7000000);
    moment = dpdk_clock_now(&clock);
    assert_int_equal(dpdk_moment_wall_us(&moment, first + 16000008), 7000001);
    dpdk_clock_set(&clock, first, 3000000, 9000000); // stands still: nothing to learn
    moment = dpdk_clock_now(&clock);
    assert_int_equal(dpdk_moment_wall_us(&moment, first + 16000008), 7000001);
}
int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ticks_become_wall_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
