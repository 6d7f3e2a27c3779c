// SPDX-License-Identifier: Apache-2.0
// What is remembered of lost packets, and for how long.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "dataplane/worker/drop_log.h"

enum { SECOND = 1000000 };

static int log_create(void **state)
{
    *state = calloc(1, sizeof(struct drop_log));
    return *state == NULL;
}

static int log_free(void **state)
{
    free(*state);
    return 0;
}

static void a_flow_is_told_the_drops_of_its_panes(void **state)
{
    struct drop_log *log = *state;
    assert_int_equal(drop_log_sum(log, INT64_MIN, INT64_MAX), 0);
    static const uint64_t drops[] = {0, 3, 0, 0, 5, 7, 0};
    for (size_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++) {
        drop_log_add(log, (int64_t)i * SECOND, (int64_t)(i + 1) * SECOND, drops[i]);
    }
    static const struct {
        int64_t first_us, last_us;
        uint64_t drops;
    } flows[] = {
        {0, 7 * SECOND, 15},
        {0, SECOND - 1, 0},
        {0, SECOND, 3}, // a pane begins with its start and ends before its end
        {2 * SECOND - 1, 2 * SECOND, 3},
        {2 * SECOND, 4 * SECOND - 1, 0},
        {4 * SECOND + 5, 4 * SECOND + 6, 5},
        {4 * SECOND, 5 * SECOND, 12},
        {5 * SECOND, 5 * SECOND, 7},
        {6 * SECOND, 7 * SECOND, 0},
    };
    for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
        assert_int_equal(drop_log_sum(log, flows[i].first_us, flows[i].last_us), flows[i].drops);
    }
}

static void the_oldest_panes_are_forgotten(void **state)
{
    struct drop_log *log = *state;
    for (int64_t i = 0; i < 3 * DROP_LOG_PANES; i++) {
        drop_log_add(log, i, i + 1, 2);
        int64_t known = i + 1 < DROP_LOG_PANES ? i + 1 : DROP_LOG_PANES;
        assert_int_equal(drop_log_sum(log, 0, i), 2 * known);
        assert_int_equal(drop_log_sum(log, i, i), 2);
    }
}

static void a_clock_set_back_makes_no_nonsense(void **state)
{
    struct drop_log *log = *state;
    drop_log_add(log, 100, 101, 4);
    drop_log_add(log, 50, 51, 6);
    drop_log_add(log, 51, 52, 8);
    for (int64_t first = 40; first < 110; first++) {
        for (int64_t last = first; last < 110; last++) {
            assert_in_range(drop_log_sum(log, first, last), 0, 18);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_flow_is_told_the_drops_of_its_panes, log_create,
                                        log_free),
        cmocka_unit_test_setup_teardown(the_oldest_panes_are_forgotten, log_create, log_free),
        cmocka_unit_test_setup_teardown(a_clock_set_back_makes_no_nonsense, log_create, log_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
