// SPDX-License-Identifier: Apache-2.0
// The commands and the flags that they take: one row each, which parser, help and shell completion
// read.
#ifndef WEIR_CONFIG_FLAG_H
#define WEIR_CONFIG_FLAG_H

#include <jansson.h>

#include "agent/config/command.h"

enum { FLAG_COUNT = 26 };

struct command_row {
    const char *name;  // NULL: none was given
    const char *usage; // what follows "weir "
    const char *help;
};

extern const struct command_row command_rows[COMMAND_COUNT];

// A command line while its flags are applied.
struct command_line {
    struct command *command;
    struct config_problems *problems;
    json_t *outputs; // array of all that -o named
};

// Flags say where the file is before it is read, and change what it said after that.
enum flag_stage {
    FLAG_BEFORE_FILE,
    FLAG_AFTER_FILE,
};

struct flag_row {
    const char *spelling; // "--workers", or "-c" where there is no long name
    char letter;          // of the short name; 0: none
    const char *argument; // how help calls it; NULL: the flag takes none
    unsigned commands;    // COMMAND_BIT of each that takes it
    enum flag_stage stage;
    // Adds a problem where the argument (NULL: the flag takes none) is wrong.
    void (*apply)(struct command_line *line, const struct flag_row *flag, const char *argument);
    const char *option; // or setting that the flag is short for; NULL: it is not
    const char *help;
};

#define COMMAND_BIT(id) (1u << (id))

extern const struct flag_row flag_rows[]; // FLAG_COUNT of them, in the order of help

// Applies the flags of one stage, in their order; what is no flag of the command is a problem of
// the first stage. Moves the arguments that are no flags to the end of `argv` and returns where
// they begin.
int flags_walk(struct command_line *line, int argc, char **argv, enum flag_stage stage);

// Adds the problem that `word`, an option or a command, is unknown; `nearest` may be NULL.
void command_line_unknown(struct command_line *line, const char *what, const char *word,
                          const char *nearest);

#endif
