// SPDX-License-Identifier: Apache-2.0
#include "agent/config/command.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/config_file.h"
#include "agent/config/flag.h"
#include "agent/config/nearest.h"

void command_line_unknown(struct command_line *line, const char *what, const char *word,
                          const char *nearest)
{
    const char *command = command_rows[line->command->id].name;
    config_problem_add(
        line->problems, (struct config_place){0}, "unknown %s %s%s%s%s (weir%s%s --help shows all)",
        what, word, nearest != NULL ? ", did you mean " : "", nearest != NULL ? nearest : "",
        nearest != NULL ? "?" : "", command != NULL ? " " : "", command != NULL ? command : "");
}

static void files_check(const struct command_line *line)
{
    const struct command *command = line->command;
    struct config_place place = {.name = command_rows[command->id].name};
    size_t inputs = 0;
    for (size_t i = 0; i < command->file_count; i++) {
        inputs += strcmp(command->files[i], "-") == 0;
    }
    if (command->id == COMMAND_NONE) {
        config_problem_add(line->problems, (struct config_place){0},
                           "expected a command; see weir --help");
    } else if (command->id == COMMAND_REPLAY && command->file_count == 0) {
        config_problem_add(line->problems, place, "expected a FILE; see weir replay --help");
    } else if (command->id == COMMAND_DETECT && command->series_path == NULL) {
        config_problem_add(line->problems, place, "expected --series FILE; see weir detect --help");
    } else if (command->id != COMMAND_REPLAY && command->file_count > 0) {
        config_problem_add(line->problems, place, "expected no FILE; got %s", command->files[0]);
    } else if (inputs > 1) {
        config_problem_add(line->problems, place, "standard input (-) can be read only once");
    }
}

static bool is_kafka(const char *output)
{
    return strncmp(output, "kafka:", 6) == 0 && strcmp(output, "kafka://embedded") != 0;
}

// Where something is kept unless it is told otherwise: in the system's state directory, which
// systemd names. An empty path becomes that where `kept` says so, and "none" becomes empty.
static void state_default(const struct command_line *line, char **path, const char *name, bool kept)
{
    if ((*path)[0] == '\0' && kept) {
        const char *set = getenv("STATE_DIRECTORY"); // several are parted by colons
        const char *state = set != NULL && set[0] == '/' ? set : "/var/lib/weir";
        char *standard = NULL;
        if (asprintf(&standard, "%.*s/%s", (int)strcspn(state, ":"), state, name) < 0) {
            config_problem_add(line->problems, (struct config_place){0}, "no memory");
            return;
        }
        free(*path);
        *path = standard;
    } else if (strcmp(*path, "none") == 0) {
        (*path)[0] = '\0';
    }
}

// Only what serves one Kafka output can have a spool.
static void spool_default(const struct command_line *line)
{
    struct command *command = line->command;
    const struct config_strings *outputs = &command->config.export.outputs;
    size_t kafkas = 0;
    for (size_t i = 0; i < outputs->count; i++) {
        kafkas += is_kafka(outputs->items[i]);
    }
    bool of_run = command->id == COMMAND_SPOOL_SHOW || command->id == COMMAND_SPOOL_SEND ||
                  (command->id == COMMAND_RUN && kafkas == 1);
    state_default(line, &command->config.export.spool.directory, "spool", of_run);
}

// A sensor can be asked and told on loopback unless it is told otherwise.
static void control_default(const struct command_line *line)
{
    struct command *command = line->command;
    char **listen = &command->config.control.listen;
    bool given = (*listen)[0] != '\0';
    const char *text = given || command->id != COMMAND_RUN ? *listen : "127.0.0.1:8471";
    char *effective = strdup(strcmp(text, "none") == 0 ? "" : text);
    if (effective == NULL) {
        config_problem_add(line->problems, (struct config_place){0}, "no memory");
        return;
    }
    free(*listen);
    *listen = effective;
    command->config.control.asked_for = given && effective[0] != '\0';
}

// What the commands for the spool need of the configuration.
static void spool_check(const struct command_line *line)
{
    const struct command *command = line->command;
    struct config_place place = {.name = command_rows[command->id].name};
    if (command->id != COMMAND_SPOOL_SHOW && command->id != COMMAND_SPOOL_SEND) {
        return;
    }
    if (command->config.export.spool.directory[0] == '\0') {
        config_problem_add(line->problems, place,
                           "expected a spool; export.spool.directory is none");
    }
    const struct config_strings *outputs = &command->config.export.outputs;
    // The embedded broker would take all of it, and end with it.
    bool kafka = outputs->count == 1 && is_kafka(outputs->items[0]);
    if (command->id == COMMAND_SPOOL_SEND && !kafka) {
        config_problem_add(line->problems, place,
                           "expected one Kafka output, such as -o kafka://HOST:9092");
    }
}

static void standard_output_check(const struct command_line *line)
{
    const struct config_strings *outputs = &line->command->config.export.outputs;
    const char *summary = line->command->summary_path;
    for (size_t i = 0; i < outputs->count && summary != NULL; i++) {
        if (strcmp(summary, "-") == 0 && strcmp(outputs->items[i], "ndjson:-") == 0) {
            config_problem_add(line->problems, (struct config_place){.name = "--summary"},
                               "would mix with the records on standard output; give a path, or "
                               "another output with -o");
        }
    }
}

// The configuration: defaults, then the file, then the flags.
static void config_build(struct command_line *line, int argc, char **argv)
{
    struct command *command = line->command;
    struct error err;
    line->outputs = json_array();
    if (line->outputs == NULL || config_init(&command->config, &err) < 0) {
        config_problem_add(line->problems, (struct config_place){0}, "no memory");
        return;
    }
    if (command->config_path != NULL) {
        config_file_read(&command->config, command->config_path, line->problems);
    }
    flags_walk(line, argc, argv, FLAG_AFTER_FILE);
    if (json_array_size(line->outputs) > 0) {
        struct config_place place = {.name = "-o"};
        config_set(&command->config, place, "export.outputs", line->outputs, line->problems);
    }
    if (line->problems->count == 0) {
        spool_default(line);
        spool_check(line);
        command->config.query.asked_for = command->config.query.file[0] != '\0';
        state_default(line, &command->config.query.file, "queries/queries.json",
                      command->id == COMMAND_RUN);
        command->config.history.asked_for = command->config.history.file[0] != '\0';
        state_default(line, &command->config.history.file, "history/history.db",
                      command->id == COMMAND_RUN);
        control_default(line);
        config_finish(&command->config, line->problems);
    }
}

static void line_parse(struct command_line *line, int argc, char **argv)
{
    int first = flags_walk(line, argc, argv, FLAG_BEFORE_FILE);
    if (line->command->page != COMMAND_PAGE_NONE) {
        return;
    }
    line->command->files = argv + first;
    line->command->file_count = (size_t)(argc - first);
    files_check(line);
    config_build(line, argc, argv);
    standard_output_check(line);
    json_decref(line->outputs);
}

// Whether a command has two words, of which `word` is the first.
static bool is_first_word(const struct command_row *row, const char *word)
{
    size_t length = strlen(word);
    return strncmp(row->name, word, length) == 0 && row->name[length] == ' ';
}

// Adds the problem that the words name no command; `second` may be empty.
static void command_unknown(struct command_line *line, const char *first, const char *second)
{
    char both[128];
    snprintf(both, sizeof(both), "%s%s%s", first, second[0] != '\0' ? " " : "", second);
    struct nearest nearest = nearest_to(first);
    struct nearest nearest_both = nearest_to(both);
    char known[128] = "";
    for (int id = COMMAND_NONE + 1; id < COMMAND_COUNT; id++) {
        nearest_consider(&nearest, command_rows[id].name);
        nearest_consider(&nearest_both, command_rows[id].name);
        if (is_first_word(&command_rows[id], first)) {
            size_t used = strlen(known);
            snprintf(known + used, sizeof(known) - used, "%s%s", used > 0 ? ", " : "",
                     command_rows[id].name);
        }
    }
    if (known[0] == '\0' && nearest_both.name != NULL) {
        command_line_unknown(line, "command", both, nearest_both.name);
    } else if (known[0] == '\0') {
        command_line_unknown(line, "command", first, nearest.name);
    } else {
        config_problem_add(line->problems, (struct config_place){0},
                           "unknown command %s, expected one of: %s", both, known);
    }
}

// Which command the line's first words name, one or two; *words says how many. Adds a problem and
// returns COMMAND_NONE where they name none.
static enum command_id command_find(struct command_line *line, int argc, char **argv, int *words)
{
    const char *second = argc > 2 && argv[2][0] != '-' ? argv[2] : "";
    for (int id = COMMAND_NONE + 1; id < COMMAND_COUNT; id++) {
        const struct command_row *row = &command_rows[id];
        bool two =
            is_first_word(row, argv[1]) && strcmp(row->name + strlen(argv[1]) + 1, second) == 0;
        if (two || strcmp(row->name, argv[1]) == 0) {
            *words = two ? 2 : 1;
            return (enum command_id)id;
        }
    }
    command_unknown(line, argv[1], second);
    return COMMAND_NONE;
}

int command_parse(struct command *command, int argc, char **argv, struct config_problems *problems)
{
    *command = (struct command){.id = COMMAND_NONE, .argc = argc, .argv = argv};
    struct command_line line = {.command = command, .problems = problems};
    if (argc > 1 && argv[1][0] != '-') {
        int words = 0;
        command->id = command_find(&line, argc, argv, &words);
        if (command->id == COMMAND_NONE) {
            return -EINVAL;
        }
        argc -= words;
        argv += words;
    }
    if (command->id == COMMAND_CTL || command->id == COMMAND_COMPLETION) {
        command->rest_count = argc - 1; // argv[0] is the command's last word
        command->rest = argv + 1;
        return 0;
    }
    line_parse(&line, argc, argv);
    return problems->count == 0 ? 0 : -EINVAL;
}

void command_free(struct command *command)
{
    config_free(&command->config);
}
