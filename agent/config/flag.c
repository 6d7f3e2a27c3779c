// SPDX-License-Identifier: Apache-2.0
#include "agent/config/flag.h"

#include <getopt.h>
#include <stdbool.h>
#include <string.h>

#include "agent/config/nearest.h"

// What getopt_long returns for a long name: this and the row. Short names are their letter.
enum { LONG_NAME = 256 };

// The flags of one command as getopt_long wants them.
struct flag_names {
    char letters[2 * FLAG_COUNT + 2];
    struct option names[FLAG_COUNT + 1];
};

static bool is_long(const struct flag_row *flag)
{
    return flag->spelling[1] == '-';
}

static bool is_taken(const struct flag_row *flag, enum command_id id)
{
    return (flag->commands & COMMAND_BIT(id)) != 0;
}

static void flag_names_fill(struct flag_names *flags, enum command_id id)
{
    struct option *name = flags->names;
    char *letter = flags->letters;
    *letter++ = ':'; // a missing argument is told apart from an unknown flag
    for (int i = 0; i < FLAG_COUNT; i++) {
        const struct flag_row *row = &flag_rows[i];
        if (is_taken(row, id) && is_long(row)) {
            *name++ =
                (struct option){row->spelling + 2, row->argument != NULL, NULL, LONG_NAME + i};
        }
        if (is_taken(row, id) && row->letter != 0) {
            *letter++ = row->letter;
            if (row->argument != NULL) {
                *letter++ = ':';
            }
        }
    }
    *name = (struct option){0};
    *letter = '\0';
}

// The row of what getopt_long returned, or left in optopt. NULL: no flag of the command.
static const struct flag_row *flag_of(int code, enum command_id id)
{
    for (int i = 0; i < FLAG_COUNT; i++) {
        const struct flag_row *row = &flag_rows[i];
        if (is_taken(row, id) && (code == LONG_NAME + i || (code != 0 && code == row->letter))) {
            return row;
        }
    }
    return NULL;
}

// getopt_long has stumbled: over a known flag whose argument is missing or too much, or over an
// unknown one (`word`: the argument it stands in).
static void stumble_add(struct command_line *line, int code, const char *word)
{
    const struct flag_row *flag = flag_of(optopt, line->command->id);
    char letter[] = {'-', (char)optopt, '\0'};
    if (flag != NULL) {
        config_problem_add(line->problems, (struct config_place){.name = flag->spelling}, "%s %s",
                           code == ':' ? "expected" : "takes no value; got",
                           code == ':' ? flag->argument : word);
    } else if (optopt != 0) {
        command_line_unknown(line, "option", letter, NULL);
    } else {
        char name[64];
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
        struct nearest nearest = nearest_to(name);
        for (int i = 0; i < FLAG_COUNT; i++) {
            if (is_taken(&flag_rows[i], line->command->id)) {
                nearest_consider(&nearest, flag_rows[i].spelling);
            }
        }
        command_line_unknown(line, "option", name, nearest.name);
    }
}

int flags_walk(struct command_line *line, int argc, char **argv, enum flag_stage stage)
{
    enum command_id id = line->command->id;
    struct flag_names flags;
    flag_names_fill(&flags, id);
    opterr = 0;
    optind = 0; // glibc: from the beginning again
    int code;
    while ((code = getopt_long(argc, argv, flags.letters, flags.names, NULL)) != -1) {
        const struct flag_row *flag = flag_of(code, id);
        if (flag != NULL && flag->stage == stage) {
            flag->apply(line, flag, optarg);
        } else if (flag == NULL && stage == FLAG_BEFORE_FILE) {
            stumble_add(line, code, argv[optind - 1]);
        }
    }
    return optind;
}
