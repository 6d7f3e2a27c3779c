// SPDX-License-Identifier: Apache-2.0
// Each kind of option: what it takes, what it makes of it, what it refuses and how it says so.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/config/option.h"

static const struct config_place place = {.name = "test"};

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

static void set(struct config *config, const char *name, const char *text)
{
    struct config_problems problems = {0};
    if (config_set_text(config, place, name, text, &problems) < 0) {
        fail_msg("%s=%s: %s", name, text, problems.shown[0].text);
    }
}

// The message that refuses the text; the test fails if nothing does.
static struct error refusal(struct config *config, const char *name, const char *text)
{
    struct config_problems problems = {0};
    if (config_set_text(config, place, name, text, &problems) == 0) {
        fail_msg("%s=%s was taken", name, text);
    }
    assert_int_equal(problems.count, 1);
    return problems.shown[0];
}

static void assert_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", text, part);
    }
}

static void test_numbers_are_taken(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        size_t offset;
        int64_t value;
    } cases[] = {
        {"workers", "1", offsetof(struct config, workers), 1},
        {"workers", "64", offsetof(struct config, workers), 64},
        {"flow.table.max_flows", "1024", offsetof(struct config, flow.table.max_flows), 1024},
        {"flow.table.max_flows", "1Ki", offsetof(struct config, flow.table.max_flows), 1024},
        {"flow.table.max_flows", "10M", offsetof(struct config, flow.table.max_flows), 10000000},
        {"flow.table.max_flows", "10k", offsetof(struct config, flow.table.max_flows), 10000},
        {"flow.table.max_flows", "64Mi", offsetof(struct config, flow.table.max_flows), 67108864},
        {"flow.table.max_rare", "0", offsetof(struct config, flow.table.max_rare), 0},
        {"export.queue", "128", offsetof(struct config, export.queue), 128},
        {"window.activities", "1", offsetof(struct config, window.activities), 1},
        {"window.activities", "4Mi", offsetof(struct config, window.activities), 4194304},
        {"window.activities", "0", offsetof(struct config, window.activities), 0},
        {"window.pane", "10ms", offsetof(struct config, window.pane_us), 10000},
        {"window.pane", "250000us", offsetof(struct config, window.pane_us), 250000},
        {"flow.idle_timeout", "2m", offsetof(struct config, flow.idle_timeout_us), 120000000},
        {"flow.active_timeout", "1h", offsetof(struct config, flow.active_timeout_us), 3600000000},
        {"flow.tcp_linger", "0s", offsetof(struct config, flow.tcp_linger_us), 0},
        {"export.spool.max_bytes", "1MiB", offsetof(struct config, export.spool.max_bytes),
         1 << 20},
        {"export.spool.max_bytes", "2GB", offsetof(struct config, export.spool.max_bytes),
         2000000000},
        {"export.spool.max_bytes", "1TiB", offsetof(struct config, export.spool.max_bytes),
         INT64_C(1) << 40},
        {"export.spool.max_bytes", "1048576B", offsetof(struct config, export.spool.max_bytes),
         1 << 20},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set(*state, cases[i].name, cases[i].text);
        int64_t value;
        memcpy(&value, (char *)*state + cases[i].offset, sizeof(value));
        assert_int_equal(value, cases[i].value);
    }
}

static void test_what_is_wrong_is_refused(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        const char *message; // a part of it
    } cases[] = {
        {"workers", "0", "test: workers: expected an integer from 1 to 64; got 0"},
        {"workers", "65", "got 65"},
        {"workers", "-1", "got -1"},
        {"workers", "two", "got \"two\""},
        {"workers", "", "got \"\""},
        {"workers", "1.5", "got 1.5"},
        {"workers", "99999999999999999999", "got \"99999999999999999999\""},
        {"workers", "9999999999999Gi", "expected an integer"},
        {"workers", "1X", "expected an integer"},
        {"workers", "true", "got true"},
        {"export.queue", "100", "expected a power of two from 64 to 16Mi; got 100"},
        {"flow.idle_timeout", "30", "from 100ms to 1h with its unit, such as 30s; got \"30\""},
        {"flow.idle_timeout", "99ms", "got \"99ms\""},
        {"flow.idle_timeout", "61m", "got \"61m\""},
        {"flow.idle_timeout", "1.5s", "expected a duration"},
        {"flow.idle_timeout", "-1s", "expected a duration"},
        {"flow.idle_timeout", " 1s", "expected a duration"},
        {"flow.idle_timeout", "s", "expected a duration"},
        {"export.spool.max_bytes", "1048576",
         "a size from 1MiB to 1024TiB with its unit, such as 1GiB"},
        {"export.spool.max_bytes", "1023KiB", "got \"1023KiB\""},
        {"export.spool.max_bytes", "1G", "expected a size"},
        {"export.spool.full", "wait", "expected one of drop_oldest, refuse_newest"},
        {"export.topics.create", "true", "expected one of never, missing"},
        {"flow.key.vlan", "yes", "expected true or false; got \"yes\""},
        {"flow.key.vlan", "1", "got 1"},
        {"log.format", "xml", "expected one of text, json; got \"xml\""},
        {"memory.huge_pages", "Auto", "expected one of auto, never, require"},
        {"export.topics.flow", "", "expected a topic's name of 1 to 249"},
        {"export.topics.flow", "a topic", "expected a topic's name"},
        {"export.topics.flow", "..", "expected a topic's name"},
        {"sensor", "\xff", "sensor: the value is not UTF-8"},
        {"window.activities", "3", "expected a power of two from 0 to 4Mi; got 3"},
        {"window.activities", "8Mi", "expected a power of two from 0 to 4Mi"},
        {"network.internal", "10.0.0.0/8,10.0.0.1/8",
         "network.internal: 10.0.0.1/8 is an address within a prefix, with bits past its first 8"},
        {"network.internal", "10.0.0.0/33", "expected a number from 0 to 32"},
        {"network.internal", "ten", "ten is no prefix; expected such as 10.0.0.0/8"},
        {"network.internal", "10.0.0.0/8,10.0.0.0/8",
         "expected a list of prefixes such as 10.0.0.0/8 or 2001:db8::/32, none twice; got"},
        {"network.internal", "10.0.0.0/8,,", "none twice; got \"\""},
        {"worker.cores", "1024", "a list of numbers from 0 to 1023"},
        {"worker.cores", "1,1", "none twice; got \"1\""},
        {"worker.cores", "1-3,2", "got \"2\""},
        {"worker.cores", "3-1", "got \"3-1\""},
        {"worker.cores", "1-", "got \"1-\""},
        {"worker.cores", "1,,2", "got \"\""},
        {"worker.cores", "a", "got \"a\""},
        {"export.kafka.properties.sasl.password", "hunter2", "give env:VARIABLE or file:PATH"},
        {"export.kafka.properties.sasl.pasword", "hunter2", "give env:VARIABLE or file:PATH"},
        {"export.kafka.properties.sasl.oauthbearer.config", "principal=me", "give env:VARIABLE"},
        {"export.kafka.properties.ssl.key.pem", "env:WEIR_TEST_UNSET",
         "WEIR_TEST_UNSET is not set"},
        {"export.kafka.properties.ssl.key.pem", "file:/nonexistent", "/nonexistent"},
        {"control.listen", "8471", "expected ADDRESS:PORT, such as 127.0.0.1:8471"},
        {"control.listen", "weir.example:8471", "or none; got \"weir.example:8471\""},
        {"control.generator", "none", "expected ADDRESS:PORT, such as 127.0.0.1:8472, or unix:/P"},
        {"control.generator", "unix:run/weir", "or unix:/PATH; got \"unix:run/weir\""},
        {"control.generator_token", "hunter2", "give env:VARIABLE or file:PATH"},
        {"control.token", "hunter2", "give env:VARIABLE or file:PATH"},
        {"control.token", "env:WEIR_TEST_SHORT", "16 to 1000 characters; it has 15"},
        {"control.token", "env:WEIR_TEST_BLANK", "the octet at 9 is none"},
        {"control.token", "env:WEIR_TEST_UNSET", "WEIR_TEST_UNSET is not set"},
        {"control.token", "file:/nonexistent", "/nonexistent"},
        {"export.kafka.properties.\xff", "1", "the property's name is not UTF-8"},
    };
    setenv("WEIR_TEST_SHORT", "123456789012345", 1);
    setenv("WEIR_TEST_BLANK", "12345678 0123456", 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_contains(refusal(*state, cases[i].name, cases[i].text).text, cases[i].message);
    }
}

static void test_a_wrong_name_brings_the_nearest(void **state)
{
    static const struct {
        const char *name;
        const char *message;
    } cases[] = {
        {"flow.idle_timout",
         "unknown option \"flow.idle_timout\", did you mean flow.idle_timeout?"},
        {"flow.idel_timeout", "did you mean flow.idle_timeout?"},
        {"Workers", "did you mean workers?"},
        {"export.kafka.properties.", "unknown option"},
        {"worker", "did you mean workers?"},
        {"max_flows", "did you mean flow.table.max_flows?"},
        {"kafka.timeout", "did you mean export.kafka.timeout?"},
        {"colour", "unknown option \"colour\" (weir config --docs shows all)"},
        {"", "unknown option \"\" (weir config --docs shows all)"},
        {"\x1b[31m", "unknown option \"\\u001B[31m\" (weir"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_contains(refusal(*state, cases[i].name, "1").text, cases[i].message);
    }
}

static void test_a_far_api_needs_a_token(void **state)
{
    struct config *config = *state;
    struct config_problems problems = {0};
    setenv("WEIR_TEST_TOKEN", "0123456789abcdef", 1);
    set(config, "sensor", "edge-1");
    set(config, "control.listen", "192.0.2.7:8471");
    assert_int_equal(config_finish(config, &problems), -EINVAL);
    assert_contains(problems.shown[0].text, "other hosts can reach 192.0.2.7:8471");
    set(config, "control.token", "env:WEIR_TEST_TOKEN");
    assert_int_equal(config_finish(config, &problems), 0);
    assert_string_equal(config->control.token, "0123456789abcdef");
    set(config, "control.key", "key.pem");
    assert_int_equal(config_finish(config, &problems), -EINVAL);
    assert_contains(problems.shown[1].text, "control.key: expected control.certificate with it");
}

static void test_a_refused_value_leaves_the_old_one(void **state)
{
    struct config *config = *state;
    set(config, "worker.cores", "4,2");
    refusal(config, "worker.cores", "7,8,x");
    assert_int_equal(config->worker.cores.count, 2);
    assert_int_equal(config->worker.cores.items[0], 4);
    set(config, "export.kafka.properties.acks", "1");
    refusal(config, "export.kafka.properties.sasl.password", "hunter2");
    assert_int_equal(config->export.kafka.properties.count, 1);
}

static void test_strings_and_choices_are_taken(void **state)
{
    struct config *config = *state;
    set(config, "sensor", "edge-1 \xc3\xa9");
    assert_string_equal(config->sensor, "edge-1 \xc3\xa9");
    set(config, "export.topics.processed", "a.b_c-9");
    assert_string_equal(config->export.topics.processed, "a.b_c-9");
    set(config, "log.format", "json");
    assert_int_equal(config->log.format, LOG_FORMAT_JSON);
    set(config, "log.level", "debug");
    assert_int_equal(config->log.level, LOG_LEVEL_DEBUG);
    set(config, "memory.huge_pages", "require");
    assert_int_equal(config->memory.huge_pages, MEMORY_PAGES_REQUIRE);
    set(config, "parse.tunnels", "false");
    assert_false(config->parse.tunnels);
}

static void test_cores_are_taken_in_their_order(void **state)
{
    static const unsigned expected[] = {8, 2, 3, 4, 5, 1023};
    struct config *config = *state;
    set(config, "worker.cores", "8,2-5,1023");
    assert_int_equal(config->worker.cores.count, 6);
    assert_memory_equal(config->worker.cores.items, expected, sizeof(expected));
    set(config, "worker.cores", "");
    assert_int_equal(config->worker.cores.count, 0);
}

static void test_prefixes_are_taken(void **state)
{
    struct config *config = *state;
    assert_int_equal(config->network.internal.count, 0);
    set(config, "network.internal", "10.0.0.0/8,2001:db8::/32,192.0.2.7");
    assert_int_equal(config->network.internal.count, 3);
    assert_string_equal(config->network.internal.items[1], "2001:db8::/32");
    refusal(config, "network.internal", "ten");
    assert_int_equal(config->network.internal.count, 3);
    set(config, "network.internal", "");
    assert_int_equal(config->network.internal.count, 0);
}

static void test_outputs_are_held_against_their_syntax(void **state)
{
    static const char *const right[] = {
        "kafka://localhost:9092",
        "kafka://10.0.0.1:1,b-2.example_x:65535",
        "kafka://[::1]:9092",
        "kafka://embedded",
        "ndjson:-",
        "ndjson:/tmp/a,b c",
        "null:",
    };
    static const char *const wrong[] = {
        "",
        "foo:",
        "kafka:",
        "kafka://",
        "kafka://host",
        "kafka://host:",
        "kafka://host:0",
        "kafka://host:65536",
        "kafka://host:9092,",
        "kafka://:9092",
        "kafka://ho st:9092",
        "kafka://host:9092/x",
        "kafka://[::1:9092",
        "kafka://[]:9092",
        "kafka://embedded:1x",
        "ndjson:",
        "null:x",
        "null",
    };
    struct config *config = *state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        set(config, "export.outputs", right[i]);
        assert_int_equal(config->export.outputs.count, 1);
        assert_string_equal(config->export.outputs.items[0], right[i]);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_contains(refusal(config, "export.outputs", wrong[i]).text,
                        "kafka://HOST:PORT[,HOST:PORT], kafka://embedded, ndjson:PATH");
    }
}

static void assert_property(const struct config *config, const char *name, const char *value)
{
    const struct config_properties *properties = &config->export.kafka.properties;
    for (size_t i = 0; i < properties->count; i++) {
        if (strcmp(properties->items[i].name, name) == 0) {
            assert_string_equal(properties->items[i].value, value);
            return;
        }
    }
    fail_msg("%s is not among the properties", name);
}

static void test_properties_are_taken_and_replaced(void **state)
{
    struct config *config = *state;
    set(config, "export.kafka.properties.linger.ms", "5");
    set(config, "export.kafka.properties.linger.ms", "0.5");
    set(config, "export.kafka.properties.ssl.key.location", "/etc/key.pem");
    assert_int_equal(config->export.kafka.properties.count, 2);
    assert_property(config, "linger.ms", "0.5");
    assert_property(config, "ssl.key.location", "/etc/key.pem");
}

static void test_secrets_come_from_where_the_value_says(void **state)
{
    struct config *config = *state;
    char path[] = "/tmp/weir-test-secret-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    fputs("pem\n", file);
    fclose(file);
    char reference[64];
    snprintf(reference, sizeof(reference), "file:%s", path);
    setenv("WEIR_TEST_SECRET", "hunter2", 1);

    set(config, "export.kafka.properties.ssl.key.pem", reference);
    set(config, "export.kafka.properties.sasl.password", "env:WEIR_TEST_SECRET");
    unlink(path);
    unsetenv("WEIR_TEST_SECRET");
    assert_property(config, "ssl.key.pem", "pem");
    assert_property(config, "sasl.password", "hunter2");
}

static void test_defaults_are_those_of_the_design(void **state)
{
    const struct config *config = *state;
    assert_int_equal(config->workers, 1);
    assert_int_equal(config->flow.table.max_flows, 1048576);
    assert_int_equal(config->flow.idle_timeout_us, 30 * 1000000);
    assert_int_equal(config->flow.active_timeout_us, 300 * 1000000);
    assert_int_equal(config->window.pane_us, 1000000);
    assert_string_equal(config->export.topics.flow, "network-traffic");
    assert_string_equal(config->export.topics.processed, "processed-data");
    assert_int_equal(config->export.outputs.count, 1);
    assert_string_equal(config->export.outputs.items[0], "ndjson:-");
}

// What the compiler cannot hold: that each row's field is of the kind's size.
static void test_rows_fit_their_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        assert_int_equal(option_rows[i].size, option_rows[i].kind->size);
        assert_true(option_rows[i].size <= sizeof(struct config_properties));
    }
}

static void test_finish_fills_in_the_host_and_counts_the_cores(void **state)
{
    struct config *config = *state;
    struct config_problems problems = {0};
    char host[256] = "";
    gethostname(host, sizeof(host) - 1);
    assert_int_equal(config_finish(config, &problems), 0);
    assert_string_equal(config->sensor, host);

    set(config, "workers", "3");
    set(config, "worker.cores", "0-1");
    assert_int_equal(config_finish(config, &problems), -EINVAL);
    assert_string_equal(problems.shown[0].text,
                        "worker.cores: expected a CPU for each of 3 workers; got 2");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_numbers_are_taken),
        CASE(test_what_is_wrong_is_refused),
        CASE(test_a_wrong_name_brings_the_nearest),
        CASE(test_a_far_api_needs_a_token),
        CASE(test_a_refused_value_leaves_the_old_one),
        CASE(test_strings_and_choices_are_taken),
        CASE(test_cores_are_taken_in_their_order),
        CASE(test_prefixes_are_taken),
        CASE(test_outputs_are_held_against_their_syntax),
        CASE(test_properties_are_taken_and_replaced),
        CASE(test_secrets_come_from_where_the_value_says),
        CASE(test_defaults_are_those_of_the_design),
        CASE(test_rows_fit_their_fields),
        CASE(test_finish_fills_in_the_host_and_counts_the_cores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
