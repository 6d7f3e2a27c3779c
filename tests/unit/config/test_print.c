// SPDX-License-Identifier: Apache-2.0
// What is printed: the configuration, its documentation, help, and whether pages on paper keep up.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/config/config_file.h"
#include "agent/config/config_print.h"
#include "agent/config/flag.h"
#include "agent/config/text_file.h"

static const struct config_place place = {.name = "test"};

// The text of a file below the project's root, for the caller to free.
static char *page_read(const char *path)
{
    const char *root = getenv("WEIR_ROOT");
    assert_non_null(root);
    char whole[4096];
    snprintf(whole, sizeof(whole), "%s/%s", root, path);
    char *text;
    size_t size;
    struct error err;
    if (text_file_read(whole, 1024 * 1024, &text, &size, &err) < 0) {
        fail_msg("%s", err.text);
    }
    return text;
}

static char *config_text(const struct config *config)
{
    char *text;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    config_print(config, to);
    fclose(to);
    return text;
}

static char *page_text(enum command_id id, enum command_page page)
{
    const struct command command = {.id = id, .page = page};
    char *text;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    assert_int_equal(command_print(&command, to), 0);
    fclose(to);
    return text;
}

static void test_the_documentation_is_what_the_table_says(void **state)
{
    (void)state;
    char *text;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    config_print_docs(to);
    fclose(to);
    char *committed = page_read("docs/CONFIGURATION.md");
    if (strcmp(committed, text) != 0) {
        fail_msg("docs/CONFIGURATION.md is old: weir config --docs > docs/CONFIGURATION.md");
    }
    free(committed);
    free(text);
}

static void test_a_shown_configuration_leads_to_itself(void **state)
{
    static const char *const settings[][2] = {
        {"workers", "2"},
        {"flow.table.max_flows", "2Mi"},
        {"worker.cores", "1,4-5"},
        {"export.outputs", "kafka://a:1,b:2"},
        {"export.kafka.properties.sasl.password", "env:WEIR_TEST_SECRET"},
        {"export.kafka.properties.linger.ms", "5"},
    };
    (void)state;
    struct config config;
    struct config_problems problems = {0};
    setenv("WEIR_TEST_SECRET", "hunter2", 1);
    assert_int_equal(config_init(&config, NULL), 0);
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        config_set_text(&config, place, settings[i][0], settings[i][1], &problems);
    }
    char *shown = config_text(&config);
    config_free(&config);
    assert_int_equal(problems.count, 0);
    assert_null(strstr(shown, "hunter2"));

    assert_int_equal(config_init(&config, NULL), 0);
    if (config_file_parse(&config, "shown", shown, strlen(shown), &problems) < 0) {
        fail_msg("%s", problems.shown[0].text);
    }
    assert_int_equal(config.flow.table.max_flows, 2 * 1024 * 1024);
    assert_int_equal(config.worker.cores.count, 3);
    assert_int_equal(config.export.kafka.properties.count, 2);
    char *again = config_text(&config);
    assert_string_equal(again, shown);
    free(again);
    free(shown);
    config_free(&config);
    unsetenv("WEIR_TEST_SECRET");
}

static void test_defaults_are_a_configuration(void **state)
{
    (void)state;
    char *text;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    config_print_defaults(to);
    fclose(to);
    struct config config;
    struct config_problems problems = {0};
    assert_int_equal(config_init(&config, NULL), 0);
    assert_int_equal(config_file_parse(&config, "defaults", text, size, &problems), 0);
    config_free(&config);
    free(text);
}

// Help and manual page name every flag of every command.
static void test_no_flag_is_missing_from_help_and_manual(void **state)
{
    (void)state;
    char *manual = page_read("docs/weir.1");
    for (int id = 0; id < COMMAND_COUNT; id++) {
        char *help = page_text((enum command_id)id, COMMAND_PAGE_HELP);
        assert_non_null(strstr(help, command_rows[id].usage));
        for (int i = 0; i < FLAG_COUNT; i++) {
            const struct flag_row *flag = &flag_rows[i];
            bool taken = (flag->commands & COMMAND_BIT(id)) != 0;
            const char *argument = flag->argument != NULL ? flag->argument : "";
            char letter[] = {'-', flag->letter, ',', ' ', '\0'};
            bool both = flag->letter != 0 && flag->spelling[1] == '-';
            char label[64];
            snprintf(label, sizeof(label), "\n  %s%s%s%s", both ? letter : "", flag->spelling,
                     argument[0] != '\0' ? " " : "", argument);
            assert_true((strstr(help, label) != NULL) == taken);
            snprintf(label, sizeof(label), ".It Fl %s", flag->spelling + 1);
            assert_non_null(strstr(manual, label));
        }
        free(help);
    }
    free(manual);
}

static void test_help_keeps_to_eighty_columns(void **state)
{
    (void)state;
    for (int id = 0; id < COMMAND_COUNT; id++) {
        char *help = page_text((enum command_id)id, COMMAND_PAGE_HELP);
        for (char *line = strtok(help, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            if (strlen(line) > 80) {
                fail_msg("too long: %s", line);
            }
        }
        free(help);
    }
}

static void test_the_version_is_one_line(void **state)
{
    (void)state;
    char *text = page_text(COMMAND_NONE, COMMAND_PAGE_VERSION);
    assert_string_equal(text, "weir " WEIR_VERSION "\n");
    free(text);
}

static void test_a_full_disk_is_noticed(void **state)
{
    (void)state;
    const struct command command = {.id = COMMAND_CONFIG, .view = COMMAND_VIEW_DOCS};
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    assert_int_not_equal(command_print(&command, full), 0);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_documentation_is_what_the_table_says),
        cmocka_unit_test(test_a_shown_configuration_leads_to_itself),
        cmocka_unit_test(test_defaults_are_a_configuration),
        cmocka_unit_test(test_no_flag_is_missing_from_help_and_manual),
        cmocka_unit_test(test_help_keeps_to_eighty_columns),
        cmocka_unit_test(test_the_version_is_one_line),
        cmocka_unit_test(test_a_full_disk_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
