// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "agent/ctl/moment.h"

static void test_times_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t us;
    } cases[] = {
        {"0", 0},
        {"1700000000000001", 1700000000000001},
        {"1970-01-01", 0},
        {"1970-01-01T00:00:01Z", 1000000},
        {"2023-11-14T22:13:20Z", 1700000000000000},
        {"2023-11-14T22:13:20.5Z", 1700000000500000},
        {"2023-11-14T22:13:20.000001Z", 1700000000000001},
        {"2024-02-29", 1709164800000000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err;
        int64_t us = -1;
        assert_int_equal(moment_read("--from", cases[i].text, &us, &err), 0);
        assert_int_equal(us, cases[i].us);
    }
}

static void test_what_is_no_time_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "now",
        "-1",
        "99999999999999999999",
        "2023-11-14T22:13:20",
        "2023-11-14T22:13:20+01:00",
        "2023-11-14 22:13:20Z",
        "2023-11-14T22:13:20.Z",
        "2023-11-14T22:13:20.0000001Z",
        "2023-11-14T22:13:20ZZ",
        "2023-11-14T25:13:20Z",
        "2023-11-14T22:13:60Z",
        "2023-02-29",
        "2023-2-9",
        "23-02-09",
        " 023-02-09",
        "1969-12-31",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err;
        int64_t us = 7;
        assert_int_equal(moment_read("--from", cases[i], &us, &err), -EINVAL);
        assert_int_equal(us, 7);
        assert_ptr_equal(strstr(err.text, "--from: expected a time"), err.text);
        assert_non_null(strstr(err.text, cases[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_are_read),
        cmocka_unit_test(test_what_is_no_time_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
