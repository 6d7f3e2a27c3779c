// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "agent/log/log.h"

// A log into a pipe, which is where the lines are read from.
struct fixture {
    struct log log;
    int pipe[2];
    char text[8192];
};

static int setup(void **state)
{
    static struct fixture fixture;
    *state = &fixture;
    if (pipe(fixture.pipe) < 0) {
        return -1;
    }
    fixture.log = (struct log){fixture.pipe[1], LOG_FORMAT_TEXT, LOG_LEVEL_INFO};
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    close(fixture->pipe[0]);
    close(fixture->pipe[1]);
    return 0;
}

// What was written since the last call; "" where nothing was.
static const char *written(struct fixture *fixture)
{
    // A mark of our own, so that the read does not wait where nothing was written.
    assert_int_equal(write(fixture->pipe[1], "\n", 1), 1);
    ssize_t size = read(fixture->pipe[0], fixture->text, sizeof(fixture->text));
    assert_true(size >= 1);
    fixture->text[size - 1] = '\0';
    return fixture->text;
}

// The line as the JSON object it must be.
static json_t *written_object(struct fixture *fixture)
{
    const char *text = written(fixture);
    assert_true(text[0] != '\0');
    assert_ptr_equal(strchr(text, '\n'), &text[strlen(text) - 1]);
    json_error_t error;
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL) {
        fail_msg("%s in %s", error.text, text);
    }
    return object;
}

static void test_text_lines_are_as_the_design_says(void **state)
{
    struct fixture *fixture = *state;
    const struct log *log = &fixture->log;
    log_info(log, "capture", "opened", log_text("file", "a/b.pcap"), log_unsigned("packets", 12),
             log_signed("offset", -3), log_real("seconds", 1.5));
    assert_string_equal(written(fixture),
                        "info capture: opened file=a/b.pcap packets=12 offset=-3 seconds=1.5\n");
    log_warning(log, "agent", "stopping");
    assert_string_equal(written(fixture), "warning agent: stopping\n");
}

static void test_values_are_quoted_where_needed(void **state)
{
    static const struct {
        const char *value;
        const char *expected;
    } cases[] = {
        {"plain-1/x:y,[z]", "plain-1/x:y,[z]"},
        {"", "\"\""},
        {"a b", "\"a b\""},
        {"a=b", "\"a=b\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"a\nb\x1b[1m\x7f", "\"a\\u000ab\\u001b[1m\\u007f\""},
        {"\xc3\xa9", "\"\xc3\xa9\""},
        {"\xc2\x9b", "\"\\u009b\""},                  // a control character of two octets
        {"\xff\xc3", "\"\xef\xbf\xbd\xef\xbf\xbd\""}, // no UTF-8, cut UTF-8
        {"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""}, // overlong
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, // a surrogate
        {NULL, "\"\""},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char expected[128];
        snprintf(expected, sizeof(expected), "error room: m k=%s\n", cases[i].expected);
        log_error(&fixture->log, "room", "m", log_text("k", cases[i].value));
        assert_string_equal(written(fixture), expected);
    }
}

static void test_a_message_stays_on_its_line(void **state)
{
    struct fixture *fixture = *state;
    log_error(&fixture->log, "agent", "cannot open \"x\ny\xff\"");
    assert_string_equal(written(fixture), "error agent: cannot open \"x\\u000ay\xef\xbf\xbd\"\n");
}

static void test_levels_below_are_left_out(void **state)
{
    struct fixture *fixture = *state;
    log_debug(&fixture->log, "agent", "detail");
    assert_string_equal(written(fixture), "");
    fixture->log.level = LOG_LEVEL_ERROR;
    log_warning(&fixture->log, "agent", "oh");
    assert_string_equal(written(fixture), "");
    fixture->log.level = LOG_LEVEL_DEBUG;
    log_debug(&fixture->log, "agent", "detail");
    assert_string_equal(written(fixture), "debug agent: detail\n");
}

static void test_json_lines_keep_types(void **state)
{
    struct fixture *fixture = *state;
    fixture->log.format = LOG_FORMAT_JSON;
    log_info(&fixture->log, "capture", "opened", log_text("file", "a b"),
             log_unsigned("packets", 9007199254740993), log_signed("offset", INT64_MIN),
             log_real("rate", 0.25), log_real("none", NAN), log_real("endless", INFINITY));
    json_t *object = written_object(fixture);
    assert_true(json_integer_value(json_object_get(object, "time_us")) > 1700000000000000);
    assert_string_equal(json_string_value(json_object_get(object, "level")), "info");
    assert_string_equal(json_string_value(json_object_get(object, "room")), "capture");
    assert_string_equal(json_string_value(json_object_get(object, "message")), "opened");
    assert_string_equal(json_string_value(json_object_get(object, "file")), "a b");
    assert_int_equal(json_integer_value(json_object_get(object, "packets")), 9007199254740993);
    assert_true(json_integer_value(json_object_get(object, "offset")) == INT64_MIN);
    assert_true(json_real_value(json_object_get(object, "rate")) == 0.25);
    assert_true(json_is_null(json_object_get(object, "none")));
    assert_true(json_is_null(json_object_get(object, "endless")));
    json_decref(object);
}

// Every octet, in every place where a text of the input may stand.
static void test_json_lines_are_json_whatever_is_in_them(void **state)
{
    struct fixture *fixture = *state;
    fixture->log.format = LOG_FORMAT_JSON;
    for (int first = 1; first < 256; first++) {
        const char text[] = {(char)first, (char)(256 - first), '"', (char)first, '\0'};
        log_info(&fixture->log, "room", text, log_text(text, text));
        json_decref(written_object(fixture));
    }
}

// Whatever the length, the line is whole and at most a pipe's worth.
static void test_long_lines_are_cut_between_fields(void **state)
{
    struct fixture *fixture = *state;
    fixture->log.format = LOG_FORMAT_JSON;
    static char longer[6000];
    for (size_t length = 3800; length < 4200; length++) {
        memset(longer, 'x', length);
        longer[length] = '\0';
        log_info(&fixture->log, "room", "m", log_text("a", longer), log_unsigned("b", 1));
        json_t *object = written_object(fixture);
        assert_true(strlen(fixture->text) <= 4096);
        bool whole = json_string_length(json_object_get(object, "a")) == length;
        assert_true(whole != json_is_true(json_object_get(object, "truncated")) ||
                    json_object_get(object, "b") == NULL);
        assert_true(whole || json_object_get(object, "a") == NULL);
        json_decref(object);
    }
    memset(longer, '"', sizeof(longer) - 1);
    log_info(&fixture->log, "room", longer, log_unsigned("b", 1));
    json_t *object = written_object(fixture);
    assert_true(json_is_true(json_object_get(object, "truncated")));
    json_decref(object);

    fixture->log.format = LOG_FORMAT_TEXT;
    log_info(&fixture->log, "room", "m", log_text("a", longer), log_unsigned("b", 1));
    assert_string_equal(written(fixture), "info room: m b=1 truncated=true\n");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_text_lines_are_as_the_design_says),
        CASE(test_values_are_quoted_where_needed),
        CASE(test_a_message_stays_on_its_line),
        CASE(test_levels_below_are_left_out),
        CASE(test_json_lines_keep_types),
        CASE(test_json_lines_are_json_whatever_is_in_them),
        CASE(test_long_lines_are_cut_between_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
