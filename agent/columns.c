// SPDX-License-Identifier: Apache-2.0
#include "agent/columns.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    INDENT = 2,
    GAP = 2,
    LINE_OCTETS = 80,
    LINE_BYTES = INDENT + COLUMNS_MAX * (COLUMN_CELL_BYTES + GAP),
};

static const char cut[] = "...";

static void cell_fill(char to[COLUMN_CELL_BYTES], const char *text)
{
    if (snprintf(to, COLUMN_CELL_BYTES, "%s", text) >= COLUMN_CELL_BYTES) {
        strcpy(to + COLUMN_CELL_BYTES - sizeof(cut), cut);
    }
}

void columns_add(struct columns *columns, const char *const *cells, unsigned count)
{
    if (columns->rows == columns->room) {
        unsigned room = columns->room > 0 ? 2 * columns->room : 16;
        void *grown = realloc(columns->cells, room * sizeof(columns->cells[0]));
        if (grown == NULL) {
            return;
        }
        columns->cells = grown;
        columns->room = room;
    }
    memset(columns->cells[columns->rows], 0, sizeof(columns->cells[0]));
    for (unsigned i = 0; i < count; i++) {
        cell_fill(columns->cells[columns->rows][i], cells[i][0] != '\0' ? cells[i] : "-");
    }
    columns->rows++;
}

// How many octets fit into a line; nothing but a terminal has an end.
static size_t width_of(FILE *to)
{
    const char *given = getenv("COLUMNS");
    struct winsize size;
    if (!isatty(fileno(to))) {
        return SIZE_MAX;
    }
    long wanted = given != NULL ? strtol(given, NULL, 10) : 0;
    if (wanted <= 0 && ioctl(fileno(to), TIOCGWINSZ, &size) == 0) {
        wanted = size.ws_col;
    }
    return wanted > 0 ? (size_t)wanted : SIZE_MAX;
}

static void line_print(const char (*cells)[COLUMN_CELL_BYTES], const size_t *widths, size_t most,
                       FILE *to)
{
    char line[LINE_BYTES];
    size_t used = 0;
    size_t blanks = INDENT; // before the next cell, so that no line ends in them
    for (unsigned j = 0; j < COLUMNS_MAX; j++) {
        if (cells[j][0] != '\0') {
            used += (size_t)snprintf(line + used, sizeof(line) - used, "%*s%s", (int)blanks, "",
                                     cells[j]);
            blanks = 0;
        }
        blanks += widths[j] - strlen(cells[j]) + GAP;
    }
    if (used <= most) {
        fprintf(to, "%s\n", line);
        return;
    }
    size_t kept = most > sizeof(cut) - 1 ? most - (sizeof(cut) - 1) : 0;
    while (kept > 0 && ((unsigned char)line[kept] & 0xc0) == 0x80) {
        kept--; // not within a character
    }
    fprintf(to, "%.*s%.*s\n", (int)kept, line, (int)(most < sizeof(cut) ? most : sizeof(cut)), cut);
}

void columns_print(struct columns *columns, FILE *to)
{
    size_t widths[COLUMNS_MAX] = {0};
    for (unsigned i = 0; i < columns->rows; i++) {
        for (unsigned j = 0; j < COLUMNS_MAX; j++) {
            size_t width = strlen(columns->cells[i][j]);
            widths[j] = width > widths[j] ? width : widths[j];
        }
    }
    size_t most = width_of(to);
    for (unsigned i = 0; i < columns->rows; i++) {
        line_print(columns->cells[i], widths, most, to);
    }
    free(columns->cells);
    *columns = (struct columns){0};
}

void columns_print_text(const char *text, FILE *to)
{
    size_t used = 0;
    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        if (used > 0 && used + 1 + word > LINE_OCTETS) {
            fputc('\n', to);
            used = 0;
        }
        used += (size_t)fprintf(to, "%*s%.*s", used > 0 ? 1 : INDENT, "", (int)word, text);
        text += word;
        text += strspn(text, " ");
    }
    fputc('\n', to);
}
