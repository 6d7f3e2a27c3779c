// SPDX-License-Identifier: Apache-2.0
// The reader of series: what it takes, what it refuses and how it says so.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/detect/series.h"
#include "tests/unit/detect/made.h"

// A series of that text, which fits into a pipe; the writing end is closed.
static struct series *series_of(const char *text, size_t bytes, int *fd)
{
    int ends[2];
    struct series *series;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, bytes), bytes);
    close(ends[1]);
    *fd = ends[0];
    assert_int_equal(series_create(&series, ends[0], "name"), 0);
    return series;
}

// The rows of the text as "time_s/value "; then "end", or the message of what is wrong.
static void read_all(char *into, size_t size, const char *text)
{
    int fd;
    struct series *series = series_of(text, strlen(text), &fd);
    struct series_row row;
    struct error err;
    int status;
    size_t used = 0;
    while ((status = series_next(series, &row, &err)) > 0) {
        used +=
            (size_t)snprintf(into + used, size - used, "%g/%g ", row.point.time_s, row.point.value);
    }
    snprintf(into + used, size - used, "%s", status == 0 ? "end" : err.text);
    series_free(series);
    close(fd);
}

static void test_texts_are_read(void **state)
{
    static const struct {
        const char *text;
        const char *rows;
    } cases[] = {
        {"", "end"},
        {"timestamp,value\n", "end"},
        {"timestamp,value\n5,1\n", "5/1 end"},
        {"5,1\n6,2", "5/1 6/2 end"},
        {"5,1\r\n6,2\r\n", "5/1 6/2 end"},
        {"\n\n5,1\n\n6,2\n\n", "5/1 6/2 end"},
        {"\xef\xbb\xbf"
         "5,1\n",
         "5/1 end"},
        {"\xef\xbb\xbftime,value\n5,1\n", "5/1 end"},
        {"  5 ,\t1 \n", "5/1 end"},
        {"\"5\",\"1\"\n", "5/1 end"},
        {"1970-01-01 00:01:00,1e3\n1970-01-01T00:02:00Z,-.5\n", "60/1000 120/-0.5 end"},
        {"5,1,label,\"further, columns\"\n", "5/1 end"},
        {"5,\n6,NaN\n7,null\n8,inf\n9,-Infinity\n", "5/nan 6/nan 7/nan 8/nan 9/nan end"},
        {",1\nNA,2\n", "nan/1 nan/2 end"},
        {"7,1\n5,2\n5,3\n", "7/1 5/2 5/3 end"},
        {"x,1\n", "name:1:1: found \"x\", expected a timestamp (YYYY-MM-DD HH:MM:SS, ISO 8601 or "
                  "seconds since the epoch)"},
        {"5,1\n6,x\n", "5/1 name:2:3: found \"x\", expected a number from -1e100 to 1e100, or "
                       "nothing"},
        {"5,1\na,b\n", "5/1 name:2:1: found \"a\", expected a timestamp (YYYY-MM-DD HH:MM:SS, "
                       "ISO 8601 or seconds since the epoch)"},
        {"5,1\n\n 6\n", "5/1 name:3:2: found \"6\", expected a timestamp, a comma and a value"},
        {"time\n", "name:1:1: found \"time\", expected a timestamp, a comma and a value"},
        {"5,1e101\n", "name:1:3: found \"1e101\", expected a number from -1e100 to 1e100, or "
                      "nothing"},
        {"5,0x10\n", "name:1:3: found \"0x10\", expected a number from -1e100 to 1e100, or "
                     "nothing"},
        {"5,1 2\n", "name:1:3: found \"1 2\", expected a number from -1e100 to 1e100, or nothing"},
        {"5,\x01\xff\n", "name:1:3: found \"??\", expected a number from -1e100 to 1e100, or "
                         "nothing"},
        {"5,aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde\n",
         "name:1:3: found \"aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd...\", expected a number from "
         "-1e100 to 1e100, or nothing"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char rows[1024];
        read_all(rows, sizeof(rows), cases[i].text);
        assert_string_equal(rows, cases[i].rows);
    }
}

static void test_texts_stay_as_they_were(void **state)
{
    (void)state;
    const char *text = "2014-04-10 07:15:00,01.50\n\"5\", NaN \n";
    int fd;
    struct series *series = series_of(text, strlen(text), &fd);
    struct series_row row;
    struct error err;
    assert_int_equal(series_next(series, &row, &err), 1);
    assert_string_equal(row.time_text, "2014-04-10 07:15:00");
    assert_string_equal(row.value_text, "01.50");
    assert_int_equal(series_next(series, &row, &err), 1);
    assert_string_equal(row.time_text, "5");
    assert_string_equal(row.value_text, "NaN");
    series_free(series);
    close(fd);
}

static void test_a_line_can_be_long_but_not_endless(void **state)
{
    (void)state;
    char text[SERIES_LINE_MAX + 2];
    for (size_t bytes = SERIES_LINE_MAX; bytes <= SERIES_LINE_MAX + 1; bytes++) {
        memset(text, 'x', sizeof(text));
        memcpy(text, "5,1,", 4);
        text[bytes] = '\n';
        int fd;
        struct series *series = series_of(text, bytes + 1, &fd);
        struct series_row row;
        struct error err;
        bool fits = bytes <= SERIES_LINE_MAX;
        assert_int_equal(series_next(series, &row, &err), fits ? 1 : -EINVAL);
        series_free(series);
        close(fd);
    }
}

static void test_a_row_is_there_as_soon_as_its_line_is(void **state)
{
    (void)state;
    int ends[2];
    struct series *series;
    struct series_row row;
    struct error err;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(series_create(&series, ends[0], "name"), 0);
    assert_false(series_ready(series));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(write(ends[1], "5,1\n", 4), 4); // no more than one line is in the pipe
        assert_int_equal(series_next(series, &row, &err), 1);
        assert_false(series_ready(series));
    }
    assert_int_equal(write(ends[1], "5,1\n6,2\n7", 9), 9);
    assert_int_equal(series_next(series, &row, &err), 1);
    assert_true(series_ready(series));
    assert_int_equal(series_next(series, &row, &err), 1);
    assert_false(series_ready(series)); // the line is not whole
    close(ends[1]);
    assert_int_equal(series_next(series, &row, &err), -EINVAL);
    series_free(series);
    close(ends[0]);
}

static void test_what_cannot_be_read_is_told(void **state)
{
    (void)state;
    struct series *series;
    struct series_row row;
    struct error err;
    assert_int_equal(series_create(&series, -1, "name"), 0);
    assert_int_equal(series_next(series, &row, &err), -EBADF);
    assert_string_equal(err.text, "cannot read name: Bad file descriptor");
    series_free(series);
}

// Lines of pieces that mean something, and of octets that do not: every row that is given out holds
// what the contract says, and every refusal names its place.
static void test_any_text_is_borne(void **state)
{
    static const char *const pieces[] = {
        ",",   "\n",  "5", "1e9",  "-", "2014-04-10", " ",     "07:15:00", "T",    "\"",
        "NaN", "inf", ".", "\r\n", "Z", "+",          "1e400", "\0",       "\xff", "value"};
    (void)state;
    uint64_t random = 11;
    for (int run = 0; run < 3000; run++) {
        char text[600];
        size_t bytes = 0;
        int count = (int)(made_uniform(&random) * 50);
        for (int i = 0; i < count; i++) {
            size_t piece = (size_t)(made_uniform(&random) * sizeof(pieces) / sizeof(pieces[0]));
            size_t length = pieces[piece][0] == '\0' ? 1 : strlen(pieces[piece]);
            memcpy(text + bytes, pieces[piece], length);
            bytes += length;
        }
        int fd;
        struct series *series = series_of(text, bytes, &fd);
        struct series_row row;
        struct error err = {""};
        int status;
        while ((status = series_next(series, &row, &err)) > 0) {
            assert_false(isinf(row.point.time_s));
            assert_true(isnan(row.point.value) || fabs(row.point.value) <= DETECT_VALUE_MAX);
            assert_null(strpbrk(row.time_text, ",\n"));
            assert_null(strpbrk(row.value_text, ",\n"));
        }
        if (status < 0) {
            assert_int_equal(status, -EINVAL);
            assert_int_equal(strncmp(err.text, "name:", 5), 0);
        }
        series_free(series);
        close(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_are_read),
        cmocka_unit_test(test_texts_stay_as_they_were),
        cmocka_unit_test(test_a_line_can_be_long_but_not_endless),
        cmocka_unit_test(test_a_row_is_there_as_soon_as_its_line_is),
        cmocka_unit_test(test_what_cannot_be_read_is_told),
        cmocka_unit_test(test_any_text_is_borne),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
