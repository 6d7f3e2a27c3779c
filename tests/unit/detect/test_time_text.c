// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/detect/time_text.h"

static void test_times_are_read(void **state)
{
    static const struct {
        const char *text;
        double time_s;
    } cases[] = {
        {"1970-01-01 00:00:00", 0},
        {"1970-01-01", 0},
        {"1969-12-31T23:59:59Z", -1},
        {"2014-04-10 07:15:00", 1397114100},
        {"2014-04-10 07:15", 1397114100},
        {"2014-04-10T07:15:00Z", 1397114100},
        {"2014-04-10T07:15:00.250000", 1397114100.25},
        {"2014-04-10T09:15:00+02:00", 1397114100},
        {"2014-04-10T09:15:00+0200", 1397114100},
        {"2014-04-10T02:15:00-05", 1397114100},
        {"2016-02-29 12:00:00", 1456747200},
        {"2000-02-29", 951782400},
        {"2100-03-01", 4107542400},
        {"0001-01-01", -62135596800},
        {"9999-12-31", 253402214400},
        {"1397114100", 1397114100},
        {"1397114100.5", 1397114100.5},
        {"-1e3", -1000},
        {"0", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double time_s = NAN;
        if (!time_text_read(cases[i].text, &time_s) || fabs(time_s - cases[i].time_s) > 1e-6) {
            fail_msg("%s: got %.6f, expected %.6f", cases[i].text, time_s, cases[i].time_s);
        }
    }
}

static void test_what_is_no_time_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "x",
        "2014-4-10 07:15:00x",
        "2014-13-01",
        "2014-00-10",
        "2014-04-31",
        "2014-02-29",
        "1900-02-29",
        "2014-04-10 24:00:00",
        "2014-04-10 07:60:00",
        "2014-04-10 07",
        "2014-04-10 07:15:",
        "2014-04-10 07:15:00.",
        "2014-04-10 07:15:00 UTC",
        "2014-04-10T07:15:00Z ",
        "2014-04-10T07:15:00+2",
        "2014-04-10T07:15:00+02:",
        "2014-04-10T",
        "10/04/2014",
        "1e400",
        "2e12",
        "1.2.3",
        "0x10",
        "--1",
        "nan",
        "inf",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double time_s = 77;
        if (time_text_read(cases[i], &time_s)) {
            fail_msg("%s was taken for %f", cases[i], time_s);
        }
        assert_true(time_s == 77);
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
