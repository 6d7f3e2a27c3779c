// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/config/config_print.h"
#include "agent/config/flag.h"

enum { HELP_COLUMN = 28, HELP_WIDTH = 80 };

// Prints words from `column` on, broken into lines that begin there.
static void wrapped_print(const char *text, int column, FILE *to)
{
    int at = column;
    while (*text != '\0') {
        int length = (int)strcspn(text, " ");
        if (at > column && at + 1 + length > HELP_WIDTH) {
            fprintf(to, "\n%*s", column, "");
            at = column;
        }
        at += fprintf(to, "%s%.*s", at > column ? " " : "", length, text);
        text += length;
        text += *text == ' ';
    }
    fputc('\n', to);
}

// "  LABEL       TEXT", the text on a line of its own where the label is too long for that.
static void entry_print(const char *label, const char *text, FILE *to)
{
    int used = fprintf(to, "  %s", label);
    if (used + 2 > HELP_COLUMN) {
        used = fprintf(to, "\n") - 1;
    }
    fprintf(to, "%*s", HELP_COLUMN - used, "");
    wrapped_print(text, HELP_COLUMN, to);
}

static void flags_print(enum command_id id, FILE *to)
{
    fputs("\nOptions:\n", to);
    for (int i = 0; i < FLAG_COUNT; i++) {
        const struct flag_row *flag = &flag_rows[i];
        if ((flag->commands & COMMAND_BIT(id)) == 0) {
            continue;
        }
        char letter[] = {'-', flag->letter, ',', ' ', '\0'};
        bool both = flag->letter != 0 && flag->spelling[1] == '-';
        char label[64];
        snprintf(label, sizeof(label), "%s%s%s%s", both ? letter : "", flag->spelling,
                 flag->argument != NULL ? " " : "", flag->argument != NULL ? flag->argument : "");
        entry_print(label, flag->help, to);
    }
}

static void commands_print(FILE *to)
{
    fputs("\nTurns packets into flow records and windows, and publishes them to Kafka or\nfiles.\n"
          "\nCommands:\n",
          to);
    for (int id = COMMAND_NONE + 1; id < COMMAND_COUNT; id++) {
        entry_print(command_rows[id].name, command_rows[id].help, to);
    }
}

static void help_print(enum command_id id, FILE *to)
{
    fprintf(to, "usage: weir %s\n", command_rows[id].usage);
    if (id == COMMAND_NONE) {
        commands_print(to);
    } else {
        fputc('\n', to);
        wrapped_print(command_rows[id].help, 0, to);
    }
    flags_print(id, to);
    fputs(id == COMMAND_NONE ? "\nweir COMMAND --help tells more of a command.\n"
          : id == COMMAND_GENERATE
              ? "\ndocs/GENERATOR.md has the protocols, the anomalies and the profile.\n"
              : "\nweir config --docs describes all options that --set takes.\n",
          to);
    fputs("\nExit status: 0 done and the books balance, 1 failed while running, 2 wrong use\n"
          "or configuration, 3 the books do not balance.\n",
          to);
}

static void version_print(FILE *to)
{
    fputs("weir " WEIR_VERSION "\n", to);
}

static void view_print(const struct command *command, FILE *to)
{
    switch (command->view) {
    case COMMAND_VIEW_EFFECTIVE:
        config_print(&command->config, to);
        break;
    case COMMAND_VIEW_DEFAULTS:
        config_print_defaults(to);
        break;
    case COMMAND_VIEW_DOCS:
        config_print_docs(to);
        break;
    case COMMAND_VIEW_CHECK:
        fprintf(to, "%s: in order\n", command->config_path);
        break;
    }
}

bool command_only_prints(const struct command *command)
{
    return command->page != COMMAND_PAGE_NONE || command->id == COMMAND_CONFIG;
}

int command_print(const struct command *command, FILE *to)
{
    switch (command->page) {
    case COMMAND_PAGE_HELP:
        help_print(command->id, to);
        break;
    case COMMAND_PAGE_VERSION:
        version_print(to);
        break;
    case COMMAND_PAGE_NONE:
        view_print(command, to);
        break;
    }
    if (fflush(to) != 0) {
        return -errno;
    }
    return ferror(to) ? -EIO : 0;
}
