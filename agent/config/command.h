// SPDX-License-Identifier: Apache-2.0
// The command line: what weir was told to do.
#ifndef WEIR_CONFIG_COMMAND_H
#define WEIR_CONFIG_COMMAND_H

#include <stddef.h>
#include <stdio.h>

#include "agent/config/config.h"

enum command_id {
    COMMAND_NONE, // weir --help and weir --version
    COMMAND_REPLAY,
    COMMAND_RUN,
    COMMAND_DEVICES,
    COMMAND_SPOOL_SHOW,
    COMMAND_SPOOL_SEND,
    COMMAND_DETECT,
    COMMAND_GENERATE,
    COMMAND_CONFIG,
    COMMAND_CTL,
    COMMAND_COMPLETION,
    COMMAND_COUNT,
};

// What is printed instead of doing the command's work.
enum command_page {
    COMMAND_PAGE_NONE,
    COMMAND_PAGE_HELP,
    COMMAND_PAGE_VERSION,
};

// What `weir config` shows.
enum command_view {
    COMMAND_VIEW_EFFECTIVE,
    COMMAND_VIEW_DEFAULTS,
    COMMAND_VIEW_DOCS,
    COMMAND_VIEW_CHECK,
};

enum { COMMAND_SETTINGS_MAX = 128 };

// Of weir generate: a member of its profile, or "output", "profile", "truth", "listen",
// "token_file" or "stopped", as the line says it.
struct command_setting {
    const char *name;
    const char *value;
};

struct command {
    enum command_id id;
    enum command_page page; // unless NONE, nothing below holds and `config` is empty
    enum command_view view;
    const char *config_path;  // the file that was read; NULL: none
    const char *summary_path; // where the books go; "-": standard output; NULL: nowhere
    const char *series_path;  // of weir detect; "-": standard input
    struct command_setting settings[COMMAND_SETTINGS_MAX]; // in their order
    size_t setting_count;
    double speed;       // of the capture's own; 0: as fast as it goes
    char *const *files; // captures in the order given, "-" (once): standard input
    size_t file_count;
    int argc; // the whole command line, to be parsed again
    char **argv;
    // Of the commands that read their line themselves (weir ctl, weir completion): what follows the
    // command's name. All else but `id` is empty then.
    int rest_count;
    char *const *rest;
    struct config config; // complete, checked and with the host's name filled in
};

// Parses the whole command line and reads the configuration file that it names. `argv` is reordered
// and must outlive the command, which points into it. 0, or -EINVAL and at least one more in
// `problems`; *command is to be freed either way. Main thread only: getopt keeps its state in
// globals.
int command_parse(struct command *command, int argc, char **argv, struct config_problems *problems);

void command_free(struct command *command);

// Whether command_print does all that the command asks for.
bool command_only_prints(const struct command *command);

// Prints the page, or what `weir config` shows. 0, or a negative errno: `to` could not be written.
int command_print(const struct command *command, FILE *to);

#endif
