// SPDX-License-Identifier: Apache-2.0
// Ordinary traffic alone, for hours: nothing is told.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/detect/ordinary.h"

static struct stage stage;

static void ordinary_is_not_told(uint64_t seed, uint32_t scale, unsigned seconds)
{
    struct ordinary ordinary = {.random = {.state = seed}, .scale = scale};
    stage_init(&stage, stage_watches);
    for (unsigned second = 0; second < seconds; second++) {
        ordinary_add(&ordinary, &stage);
        stage_close(&stage);
        for (unsigned i = 0; i < stage.finding_count && i < STAGE_FINDINGS; i++) {
            print_message("second %u: %s, %s: %s\n", second, stage.findings[i].detector,
                          stage.findings[i].subject, stage.findings[i].explanation);
        }
    }
    assert_int_equal(stage.told, 0);
    stage_fini(&stage);
}

static void test_hours_of_a_site(void **state)
{
    (void)state;
    ordinary_is_not_told(1, 1, 4 * 3600);
}

static void test_a_link_ten_times_as_large(void **state)
{
    (void)state;
    ordinary_is_not_told(2, 10, 1300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hours_of_a_site),
        cmocka_unit_test(test_a_link_ten_times_as_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
