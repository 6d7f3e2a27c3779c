// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/help.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/ctl/verb.h"

enum { LABEL_COLUMN = 28, WIDTH = 80 };

// "  LABEL       TEXT", the text broken into lines that begin at its column.
static void entry_print(const char *label, const char *text)
{
    int used = printf("  %s", label);
    if (used + 2 > LABEL_COLUMN) {
        used = printf("\n") - 1;
    }
    printf("%*s", LABEL_COLUMN - used, "");
    for (int at = LABEL_COLUMN; *text != '\0';) {
        int length = (int)strcspn(text, " ");
        if (at > LABEL_COLUMN && at + 1 + length > WIDTH) {
            printf("\n%*s", LABEL_COLUMN, "");
            at = LABEL_COLUMN;
        }
        at += printf("%s%.*s", at > LABEL_COLUMN ? " " : "", length, text);
        text += length;
        text += *text == ' ';
    }
    putchar('\n');
}

static bool begins_with(const char *words, const char *first, const char *second)
{
    size_t length = first != NULL ? strlen(first) : 0;
    if (first == NULL) {
        return true;
    }
    if (strncmp(words, first, length) != 0 || (words[length] != ' ' && words[length] != '\0')) {
        return false;
    }
    return second == NULL || words[length] == '\0' || strcmp(words + length + 1, second) == 0;
}

static void flags_print(unsigned flags)
{
    for (int i = 0; i < CTL_FLAG_COUNT; i++) {
        const struct ctl_flag_row *row = &ctl_flags[i];
        char label[64];
        if ((flags & CTL_BIT(i)) != 0) {
            snprintf(label, sizeof(label), "--%s%s%s", row->name, row->argument != NULL ? " " : "",
                     row->argument != NULL ? row->argument : "");
            entry_print(label, row->help);
        }
    }
}

int ctl_help(const char *first, const char *second, struct error *err)
{
    unsigned flags = 0;
    unsigned found = 0;
    const struct ctl_verb *last = NULL;
    for (unsigned i = 0; i < ctl_verb_count; i++) {
        if (begins_with(ctl_verbs[i].words, first, second)) {
            flags |= ctl_verbs[i].flags;
            last = &ctl_verbs[i];
            found++;
        }
    }
    if (found == 0) {
        return error_set(err, -EINVAL, "unknown command %s%s%s; see weir ctl --help", first,
                         second != NULL ? " " : "", second != NULL ? second : "");
    }
    if (found == 1) {
        printf("usage: weir ctl %s%s%s [OPTIONS]\n\n%s.\n", last->words,
               last->arguments[0] != '\0' ? " " : "", last->arguments, last->help);
    } else {
        printf(
            "usage: weir ctl [OPTIONS] COMMAND\n\nAsks and tells a running weir over its control "
            "API.\n\nCommands:\n");
    }
    for (unsigned i = 0; i < ctl_verb_count && found > 1; i++) {
        char label[64];
        snprintf(label, sizeof(label), "%s %s", ctl_verbs[i].words, ctl_verbs[i].arguments);
        if (begins_with(ctl_verbs[i].words, first, second)) {
            entry_print(label, ctl_verbs[i].help);
        }
    }
    printf("\nOptions:\n");
    flags_print(flags | CTL_COMMON);
    printf("\nExit status: 0 done, 1 failed, 2 wrong use.\n");
    return 0;
}
