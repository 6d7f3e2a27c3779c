// SPDX-License-Identifier: Apache-2.0
// Whole command lines.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/config/command.h"

enum { WORDS_MAX = 20 };

// A command line split at its blanks, as a shell would have done.
struct line {
    char text[256];
    char *words[WORDS_MAX + 1];
    int count;
};

static void line_split(struct line *line, const char *text)
{
    assert_true(strlen(text) < sizeof(line->text));
    strcpy(line->text, text);
    line->count = 0;
    for (char *word = strtok(line->text, " "); word != NULL; word = strtok(NULL, " ")) {
        assert_true(line->count < WORDS_MAX);
        line->words[line->count++] = word;
    }
    line->words[line->count] = NULL;
}

// Parses what must be right. The words stay in *line.
static void parse(struct command *command, struct line *line, const char *text)
{
    struct config_problems problems = {0};
    line_split(line, text);
    if (command_parse(command, line->count, line->words, &problems) < 0) {
        fail_msg("%s: %s", text, problems.shown[0].text);
    }
}

static void test_replay_takes_its_options_among_the_files(void **state)
{
    (void)state;
    struct command command;
    struct line line;
    parse(&command, &line,
          "weir replay a.pcap -o null: --workers 4 --speed 2.5 -o ndjson:x --summary - b.pcap "
          "--log-format=json --set flow.idle_timeout=1s");
    assert_int_equal(command.id, COMMAND_REPLAY);
    assert_false(command_only_prints(&command));
    assert_int_equal(command.file_count, 2);
    assert_string_equal(command.files[0], "a.pcap");
    assert_string_equal(command.files[1], "b.pcap");
    assert_int_equal(command.config.export.outputs.count, 2);
    assert_string_equal(command.config.export.outputs.items[0], "null:");
    assert_string_equal(command.config.export.outputs.items[1], "ndjson:x");
    assert_int_equal(command.config.workers, 4);
    assert_true(command.speed == 2.5);
    assert_string_equal(command.summary_path, "-");
    assert_int_equal(command.config.log.format, LOG_FORMAT_JSON);
    assert_int_equal(command.config.flow.idle_timeout_us, 1000000);
    assert_true(command.config.sensor[0] != '\0');
    command_free(&command);
}

static void test_replay_has_defaults(void **state)
{
    (void)state;
    struct command command;
    struct line line;
    parse(&command, &line, "weir replay -- -odd-name -");
    assert_int_equal(command.file_count, 2);
    assert_string_equal(command.files[0], "-odd-name");
    assert_true(command.speed == 0);
    assert_null(command.summary_path);
    assert_int_equal(command.config.export.outputs.count, 1);
    assert_string_equal(command.config.export.outputs.items[0], "ndjson:-");
    command_free(&command);
}

static void test_speeds_have_names(void **state)
{
    static const struct {
        const char *text;
        double speed;
    } cases[] = {
        {"weir replay --speed max a", 0},
        {"weir replay --speed real a", 1},
        {"weir replay --speed 1e3 a", 1000},
        {"weir replay --speed 0.5 --speed max a", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct command command;
        struct line line;
        parse(&command, &line, cases[i].text);
        assert_true(command.speed == cases[i].speed);
        command_free(&command);
    }
}

static void test_flags_win_over_the_file_wherever_they_stand(void **state)
{
    (void)state;
    char path[] = "/tmp/weir-test-config-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    fputs("{\"workers\": 7, \"sensor\": \"file\", \"export.outputs\": [\"ndjson:y\"],"
          "\"flow.idle_timeout\": \"9s\"}",
          file);
    fclose(file);
    char text[200];
    snprintf(text, sizeof(text), "weir replay --workers 2 --set sensor=flag -o null: -c %s a",
             path);

    struct command command;
    struct line line;
    parse(&command, &line, text);
    unlink(path);
    assert_string_equal(command.config_path, path);
    assert_int_equal(command.config.workers, 2);
    assert_string_equal(command.config.sensor, "flag");
    assert_int_equal(command.config.export.outputs.count, 1);
    assert_string_equal(command.config.export.outputs.items[0], "null:");
    assert_int_equal(command.config.flow.idle_timeout_us, 9000000);
    command_free(&command);
}

static void test_pages_are_asked_for(void **state)
{
    static const struct {
        const char *text;
        enum command_id id;
        enum command_page page;
    } cases[] = {
        {"weir --help", COMMAND_NONE, COMMAND_PAGE_HELP},
        {"weir -h", COMMAND_NONE, COMMAND_PAGE_HELP},
        {"weir --version", COMMAND_NONE, COMMAND_PAGE_VERSION},
        {"weir replay --help", COMMAND_REPLAY, COMMAND_PAGE_HELP},
        {"weir replay --workers 2 --help", COMMAND_REPLAY, COMMAND_PAGE_HELP},
        {"weir config -h", COMMAND_CONFIG, COMMAND_PAGE_HELP},
        {"weir spool send --help", COMMAND_SPOOL_SEND, COMMAND_PAGE_HELP},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct command command;
        struct line line;
        parse(&command, &line, cases[i].text);
        assert_int_equal(command.id, cases[i].id);
        assert_int_equal(command.page, cases[i].page);
        assert_true(command_only_prints(&command));
        command_free(&command);
    }
}

static void test_commands_can_have_two_words(void **state)
{
    static const struct {
        const char *text;
        enum command_id id;
    } cases[] = {
        {"weir spool show --set export.spool.directory=/x", COMMAND_SPOOL_SHOW},
        {"weir spool send --set export.spool.directory=/x -o kafka://b:9092", COMMAND_SPOOL_SEND},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct command command;
        struct line line;
        parse(&command, &line, cases[i].text);
        assert_int_equal(command.id, cases[i].id);
        assert_false(command_only_prints(&command));
        assert_string_equal(command.config.export.spool.directory, "/x");
        command_free(&command);
    }
}

static void test_state_has_its_place_in_a_run(void **state)
{
    static const struct {
        const char *state; // what systemd set aside; NULL: nothing
        const char *text;
        const char *queries;
        const char *spool;
        const char *history;
        bool history_asked_for;
    } cases[] = {
        {"/s:/t", "weir run --set capture.interface=x -o kafka://b:9092", "/s/queries/queries.json",
         "/s/spool", "/s/history/history.db", false},
        {NULL, "weir run --set capture.interface=x -o kafka://b:9092",
         "/var/lib/weir/queries/queries.json", "/var/lib/weir/spool",
         "/var/lib/weir/history/history.db", false},
        {"/s", "weir run --set capture.interface=x --set query.file=none -o null:", "", "",
         "/s/history/history.db", false},
        {"/s", "weir run --set capture.interface=x --set query.file=q -o null:", "q", "",
         "/s/history/history.db", false},
        {"/s", "weir run --set capture.interface=x --set history.file=none -o null:",
         "/s/queries/queries.json", "", "", true},
        {"/s", "weir replay a", "", "", "", false},
        {"/s", "weir replay --set query.file=none a", "", "", "", false},
        {"/s", "weir replay --set query.file=q a", "q", "", "", false},
        {"/s", "weir replay --set history.file=h a", "", "", "h", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct command command;
        struct line line;
        unsetenv("STATE_DIRECTORY");
        if (cases[i].state != NULL) {
            setenv("STATE_DIRECTORY", cases[i].state, 1);
        }
        parse(&command, &line, cases[i].text);
        unsetenv("STATE_DIRECTORY");
        assert_string_equal(command.config.query.file, cases[i].queries);
        assert_string_equal(command.config.export.spool.directory, cases[i].spool);
        assert_string_equal(command.config.history.file, cases[i].history);
        assert_int_equal(command.config.history.asked_for, cases[i].history_asked_for);
        command_free(&command);
    }
}

static void test_config_has_views(void **state)
{
    static const struct {
        const char *text;
        enum command_view view;
    } cases[] = {
        {"weir config", COMMAND_VIEW_EFFECTIVE},
        {"weir config --set workers=3", COMMAND_VIEW_EFFECTIVE},
        {"weir config --defaults", COMMAND_VIEW_DEFAULTS},
        {"weir config --docs", COMMAND_VIEW_DOCS},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct command command;
        struct line line;
        parse(&command, &line, cases[i].text);
        assert_int_equal(command.view, cases[i].view);
        assert_true(command_only_prints(&command));
        command_free(&command);
    }
}

static void test_wrong_use_is_told(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"weir", "expected a command; see weir --help"},
        {"weir relpay a", "unknown command relpay, did you mean replay? (weir --help shows all)"},
        {"weir listen", "unknown command listen (weir --help shows all)"},
        {"weir --hepl", "unknown option --hepl, did you mean --help? (weir --help shows all)"},
        {"weir --workers 2", "unknown option --workers (weir --help shows all)"},
        {"weir replay", "replay: expected a FILE; see weir replay --help"},
        {"weir replay - -", "replay: standard input (-) can be read only once"},
        {"weir replay --wokers 2 a",
         "unknown option --wokers, did you mean --workers? (weir replay"},
        {"weir replay --sumary=x a", "unknown option --sumary, did you mean --summary?"},
        {"weir replay --frobnicate a",
         "unknown option --frobnicate (weir replay --help shows all)"},
        {"weir replay -x a", "unknown option -x (weir replay --help shows all)"},
        {"weir replay --docs a", "unknown option --docs (weir"},
        {"weir replay a -o", "-o: expected SINK"},
        {"weir replay a --workers", "--workers: expected N"},
        {"weir replay --help=me a", "--help: takes no value; got --help=me"},
        {"weir replay --workers 0 a",
         "--workers: workers: expected an integer from 1 to 64; got 0"},
        {"weir replay --set workers a", "--set: expected NAME=VALUE; got workers"},
        {"weir replay --set wrkers=2 a", "--set: unknown option \"wrkers\", did you mean workers?"},
        {"weir replay --set flow.idle_timeout=9h a",
         "--set: flow.idle_timeout: expected a duration"},
        {"weir replay --set sensor=\xff a", "--set: sensor: the value is not UTF-8"},
        {"weir replay --log-format xml a", "--log-format: log.format: expected one of text, json"},
        {"weir replay -o kafka:// a", "-o: export.outputs: expected a list of outputs"},
        {"weir replay -o null: -o null: a", "-o: export.outputs: expected a list of outputs, none"},
        {"weir replay -o null:\xff a", "-o: the output's name is not UTF-8"},
        {"weir replay --speed 0 a", "--speed: expected max, real or a number above 0; got 0"},
        {"weir replay --speed -1 a", "--speed: expected max"},
        {"weir replay --speed inf a", "--speed: expected max"},
        {"weir replay --speed 2x a", "--speed: expected max"},
        {"weir replay --speed= a", "--speed: expected max"},
        {"weir replay --summary - a", "--summary: would mix with the records on standard output"},
        {"weir replay --summary - -o null: -o ndjson:- a", "--summary: would mix with the records"},
        {"weir replay -c /nonexistent a", "cannot read /nonexistent: No such file"},
        {"weir replay -c a -c b f", "-c: one configuration file is read; got a and b"},
        {"weir replay --workers 2 --set worker.cores=1 a", "worker.cores: expected a CPU for each"},
        {"weir config extra", "config: expected no FILE; got extra"},
        {"weir config --docs --defaults", "--defaults: only one of"},
        {"weir config --check /nonexistent", "cannot read /nonexistent"},
        {"weir config -o null:", "unknown option -o (weir config --help shows all)"},
        {"weir spool", "unknown command spool, expected one of: spool show, spool send"},
        {"weir spool snd", "unknown command spool snd, expected one of: spool show, spool send"},
        {"weir spol show", "unknown command spol show, did you mean spool show?"},
        {"weir spool show --set export.spool.directory=none", "spool show: expected a spool"},
        {"weir spool show --set export.spool.directory=x y", "spool show: expected no FILE; got y"},
        {"weir spool show -o null:", "unknown option -o (weir spool show --help shows all)"},
        {"weir spool send --set export.spool.directory=x", "spool send: expected one Kafka output"},
        {"weir spool send --set export.spool.directory=x -o null:", "spool send: expected one"},
        {"weir spool send --set export.spool.directory=x -o kafka://embedded",
         "spool send: expected one Kafka output"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct command command;
        struct config_problems problems = {0};
        struct line line;
        line_split(&line, cases[i].text);
        if (command_parse(&command, line.count, line.words, &problems) != -EINVAL) {
            fail_msg("%s was taken", cases[i].text);
        }
        const char *message = problems.shown[0].text;
        if (strncmp(message, cases[i].message, strlen(cases[i].message)) != 0) {
            fail_msg("%s: got \"%s\", expected \"%s\"", cases[i].text, message, cases[i].message);
        }
        command_free(&command);
    }
}

static void test_all_that_is_wrong_is_told_at_once(void **state)
{
    (void)state;
    struct command command;
    struct config_problems problems = {0};
    struct line line;
    line_split(&line, "weir replay --frob --workers 0 --set a=1 -o x");
    assert_int_equal(command_parse(&command, line.count, line.words, &problems), -EINVAL);
    assert_int_equal(problems.count, 5);
    command_free(&command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replay_takes_its_options_among_the_files),
        cmocka_unit_test(test_replay_has_defaults),
        cmocka_unit_test(test_speeds_have_names),
        cmocka_unit_test(test_flags_win_over_the_file_wherever_they_stand),
        cmocka_unit_test(test_pages_are_asked_for),
        cmocka_unit_test(test_commands_can_have_two_words),
        cmocka_unit_test(test_state_has_its_place_in_a_run),
        cmocka_unit_test(test_config_has_views),
        cmocka_unit_test(test_wrong_use_is_told),
        cmocka_unit_test(test_all_that_is_wrong_is_told_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
