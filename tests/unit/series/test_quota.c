// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/series/quota.h"
#include "tests/unit/base/random.h"

enum { PANES_MAX = 100 };

static void one_pane_has_all(void **state)
{
    (void)state;
    struct quota quota;
    quota_init(&quota, 1000, 1);
    assert_int_equal(quota_of_next(&quota), 1000);
    quota_change(&quota, 0, 1000);
    assert_int_equal(quota_of_next(&quota), 0);
    quota_change(&quota, 1000, 0);
    assert_int_equal(quota_of_next(&quota), 1000);
}

// However greedy those before it were, a pane finds its share.
static void greedy_panes_leave_each_its_share(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {10, 100, 12345, UINT32_C(1) << 27};
    static const uint32_t lengths[] = {2, 3, 10, PANES_MAX};
    for (unsigned i = 0; i < 16; i++) {
        uint32_t size = sizes[i / 4];
        uint32_t length = lengths[i % 4];
        struct quota quota;
        uint32_t held[PANES_MAX] = {0};
        quota_init(&quota, size, length);
        for (uint32_t pane = 0; pane < 10 * length; pane++) {
            uint32_t *place = &held[pane % length];
            quota_change(&quota, *place, 0);
            *place = quota_of_next(&quota);
            assert_true(*place >= size / 4 / length);
            assert_true(pane > 0 || *place >= size / 3);
            quota_change(&quota, 0, *place);
            assert_true(quota.used <= size);
        }
    }
}

static void modest_panes_have_nearly_all_of_it(void **state)
{
    (void)state;
    enum { SIZE = 100000, LENGTH = 50, EACH = SIZE / LENGTH * 95 / 100 };
    struct quota quota;
    quota_init(&quota, SIZE, LENGTH);
    for (unsigned pane = 0; pane < 3 * LENGTH; pane++) {
        quota_change(&quota, pane >= LENGTH ? EACH : 0, 0);
        assert_true(quota_of_next(&quota) >= EACH);
        quota_change(&quota, 0, EACH);
    }
}

// What is counted as borrowed is what all hold beyond their shares, and nothing remains of it.
static void what_is_given_back_is_free_again(void **state)
{
    (void)state;
    struct random random = {.state = 4};
    struct quota quota;
    struct quota fresh;
    uint32_t held[PANES_MAX] = {0};
    quota_init(&quota, 5000, PANES_MAX);
    fresh = quota;
    for (unsigned step = 0; step < 10000; step++) {
        uint32_t *place = &held[random_below(&random, PANES_MAX)];
        uint32_t next = (uint32_t)random_below(&random, 50);
        quota_change(&quota, *place, next);
        *place = next;
    }
    for (unsigned i = 0; i < PANES_MAX; i++) {
        quota_change(&quota, held[i], 0);
    }
    assert_int_equal(quota.used, 0);
    assert_int_equal(quota.borrowed, 0);
    assert_int_equal(quota_of_next(&quota), quota_of_next(&fresh));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_pane_has_all),
        cmocka_unit_test(greedy_panes_leave_each_its_share),
        cmocka_unit_test(modest_panes_have_nearly_all_of_it),
        cmocka_unit_test(what_is_given_back_is_free_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
