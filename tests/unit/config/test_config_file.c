// SPDX-License-Identifier: Apache-2.0
// The configuration file: ways of writing names, and where messages say that something is wrong.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "agent/config/config_file.h"

static int setup(void **state)
{
    static struct config config;
    *state = &config;
    return config_init(&config, NULL);
}

static int teardown(void **state)
{
    config_free(*state);
    return 0;
}

static void test_names_nest_or_have_dots(void **state)
{
    static const char *const texts[] = {
        "{\"flow\":{\"table\":{\"max_flows\":4096},\"idle_timeout\":\"1s\"}}",
        "{\"flow.table.max_flows\":4096,\"flow.idle_timeout\":\"1s\"}",
        "{\"flow.table\":{\"max_flows\":\"4Ki\"},\"flow\":{\"idle_timeout\":\"1s\"}}",
    };
    struct config *config = *state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct config_problems problems = {0};
        config_free(config);
        assert_int_equal(config_init(config, NULL), 0);
        assert_int_equal(config_file_parse(config, "f", texts[i], strlen(texts[i]), &problems), 0);
        assert_int_equal(config->flow.table.max_flows, 4096);
        assert_int_equal(config->flow.idle_timeout_us, 1000000);
    }
}

static void test_every_kind_of_json_value_is_taken(void **state)
{
    static const char text[] =
        "{\"sensor\": \"s\", \"workers\": 2, \"flow\": {\"key\": {\"vlan\": false}},\n"
        " \"worker\": {\"cores\": [3, \"5-6\"]}, \"log\": {},\n"
        " \"export.outputs\": [\"null:\", \"ndjson:x\"],\n"
        " \"export\": {\"kafka\": {\"properties\": {\"acks\": -1, \"a.b\": {\"c\": true},\n"
        "   \"d\": 0.25, \"e\": \"x\"}}}}";
    struct config *config = *state;
    struct config_problems problems = {0};
    if (config_file_parse(config, "f", text, strlen(text), &problems) < 0) {
        fail_msg("%s", problems.shown[0].text);
    }
    assert_string_equal(config->sensor, "s");
    assert_int_equal(config->workers, 2);
    assert_false(config->flow.key.vlan);
    assert_int_equal(config->worker.cores.count, 3);
    assert_int_equal(config->worker.cores.items[2], 6);
    assert_string_equal(config->export.outputs.items[1], "ndjson:x");

    static const struct {
        const char *name;
        const char *value;
    } expected[] = {{"acks", "-1"}, {"a.b.c", "true"}, {"d", "0.25"}, {"e", "x"}};
    assert_int_equal(config->export.kafka.properties.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(config->export.kafka.properties.items[i].name, expected[i].name);
        assert_string_equal(config->export.kafka.properties.items[i].value, expected[i].value);
    }
}

static void test_messages_name_file_line_and_option(void **state)
{
    static const struct {
        const char *text;
        const char *message; // begins with this
    } cases[] = {
        {"{\n\"workers\": 0}", "f:2: workers: expected an integer from 1 to 64; got 0"},
        {"{\"workers\": \"4\"}", "f:1: workers: expected an integer from 1 to 64; got \"4\""},
        {"{\"workers\": 4.0}", "f:1: workers: expected an integer from 1 to 64; got 4.0"},
        {"{\"workers\": null}", "f:1: workers: expected an integer from 1 to 64; got null"},
        {"{\"workers\": {\"a\": 1}}",
         "f:1: workers: expected an integer from 1 to 64; got {\"a\":1}"},
        {"{\"parse\": {\n\n\"tunnels\": \"true\"}}", "f:3: parse.tunnels: expected true or false"},
        {"{\"flow.idle_timeout\": 30}", "f:1: flow.idle_timeout: expected a duration from 100ms"},
        {"{\"sensor\": 5}", "f:1: sensor: expected a string of 0 to 255 octets; got 5"},
        {"{\"worker.cores\": \"1-2\"}", "f:1: worker.cores: expected a list of numbers"},
        {"{\"worker.cores\": [-1]}", "f:1: worker.cores: expected a list of numbers"},
        {"{\"worker.cores\": [[1]]}", "f:1: worker.cores: expected a list of numbers"},
        {"{\"export.outputs\": []}", "f:1: export.outputs: expected a list of outputs"},
        {"{\"export.outputs\": [\"null:\", \"null:\"]}", "f:1: export.outputs: expected a list of"},
        {"{\"flow\": 3}", "f:1: flow: expected an object of options; got 3"},
        {"{\n\"flow\": {\"table\": []}}", "f:2: flow.table: expected an object of options; got []"},
        {"{\"flow\": {\n \"idle_timout\": \"3s\"}}",
         "f:2: unknown option \"flow.idle_timout\", did you mean flow.idle_timeout?"},
        {"{\"flaw\": {\"idle_timeout\": \"3s\"}}",
         "f:1: unknown option \"flaw.idle_timeout\", did you mean flow.idle_timeout?"},
        {"{\"flaw\": {}}", "f:1: unknown option \"flaw\""},
        {"{\"\": 1}", "f:1: unknown option \"\""},
        // Keys in values that are refused, in strings, and colons beyond strings move no line.
        {"{\"x\": [{\"a\": 1, \"b\": [{\"c\":\n2}]}],\n \"workers\": 0}",
         "f:1: unknown option \"x\""},
        {"{\"sensor\": \"a \\\" \\\\\",\n\"workers\"\n:\n0}", "f:2: workers: expected"},
        {"{\"sensor\": \"\\\"workers\\\":\",\n\n\"workers\": 0}", "f:3: workers: expected"},
        {"{\"flow\": {\"idle_timeout\": \"1s\"},\n\"flow.idle_timeout\": \"1s\"}",
         "f:2: flow.idle_timeout: already given in line 1"},
        {"{\"workers\": 1,\n \"workers\": 2}", "f:2:10: duplicate object key"},
        {"{\"workers\": 1,\n}", "f:2:1: string or '}' expected near '}'"},
        {"", "f:1:0: "},
        {"[1]", "f:1: expected an object of options; got [1]"},
        {"7", "f:1: expected an object of options; got 7"},
        {"{\"export.kafka.properties.x\": [1]}",
         "f:1: export.kafka.properties.x: expected a string, a number, true or false; got [1]"},
        {"{\"export.kafka.properties.sasl.password\": 12345}",
         "f:1: export.kafka.properties.sasl.password: a secret is not written here"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config_problems problems = {0};
        const char *text = cases[i].text;
        assert_int_equal(config_file_parse(*state, "f", text, strlen(text), &problems), -EINVAL);
        const char *message = problems.shown[0].text;
        if (strncmp(message, cases[i].message, strlen(cases[i].message)) != 0) {
            fail_msg("case %zu: got \"%s\", expected \"%s\"", i, message, cases[i].message);
        }
    }
}

static void test_lines_stay_right_behind_what_was_refused(void **state)
{
    static const char text[] = "{\"x\": [{\"a\": 1, \"b\": [{\"c\":\n2}]}],\n \"workers\": 0}";
    struct config_problems problems = {0};
    config_file_parse(*state, "f", text, strlen(text), &problems);
    assert_int_equal(problems.count, 2);
    assert_non_null(strstr(problems.shown[1].text, "f:3: workers:"));
}

static void test_ten_problems_are_shown_and_all_counted(void **state)
{
    char text[512] = "{";
    for (int i = 0; i < 12; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof(text) - used, "%s\"nonsense%d\": 1", i > 0 ? ",\n" : "", i);
    }
    strcat(text, "}");
    struct config_problems problems = {0};
    config_file_parse(*state, "f", text, strlen(text), &problems);
    assert_int_equal(problems.count, 12);

    char printed[4096] = "";
    FILE *to = fmemopen(printed, sizeof(printed), "w");
    config_problems_print(&problems, to);
    fclose(to);
    assert_non_null(strstr(printed, "weir: f:10: unknown option \"nonsense9\""));
    assert_null(strstr(printed, "nonsense10"));
    assert_non_null(strstr(printed, "weir: and 2 more like these\n"));
}

static void test_names_without_end_are_refused(void **state)
{
    char text[1024] = "{\"";
    memset(text + 2, 'a', 600);
    strcat(text, "\": 1, \"workers\": 0}");
    struct config_problems problems = {0};
    config_file_parse(*state, "f", text, strlen(text), &problems);
    assert_int_equal(problems.count, 2);
    assert_string_equal(problems.shown[0].text, "f:1: no option's name is as long as this");
}

static void test_files_that_cannot_be_read_are_named(void **state)
{
    static const struct {
        const char *path;
        const char *message;
    } cases[] = {
        {"/nonexistent.json", "cannot read /nonexistent.json: No such file or directory"},
        {"/", "cannot read /: Is a directory"},
        {"/dev/zero", "/dev/zero has more than 1048576 octets"},
        {"/dev/null", "/dev/null:1:0: "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config_problems problems = {0};
        assert_int_equal(config_file_read(*state, cases[i].path, &problems), -EINVAL);
        assert_int_equal(problems.count, 1);
        assert_ptr_equal(strstr(problems.shown[0].text, cases[i].message), problems.shown[0].text);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_names_nest_or_have_dots),
        CASE(test_every_kind_of_json_value_is_taken),
        CASE(test_messages_name_file_line_and_option),
        CASE(test_lines_stay_right_behind_what_was_refused),
        CASE(test_ten_problems_are_shown_and_all_counted),
        CASE(test_names_without_end_are_refused),
        CASE(test_files_that_cannot_be_read_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
