// SPDX-License-Identifier: Apache-2.0
#include "agent/columns.h"

#include <stdlib.h>
#include <string.h>

enum { INDENT = 2, GAP = 2, LINE_OCTETS = 80 };

static void cell_fill(char to[COLUMN_CELL_BYTES], const char *text)
{
    static const char cut[] = "...";
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

void columns_print(struct columns *columns, FILE *to)
{
    size_t widths[COLUMNS_MAX] = {0};
    for (unsigned i = 0; i < columns->rows; i++) {
        for (unsigned j = 0; j < COLUMNS_MAX; j++) {
            size_t width = strlen(columns->cells[i][j]);
            widths[j] = width > widths[j] ? width : widths[j];
        }
    }
    for (unsigned i = 0; i < columns->rows; i++) {
        size_t blanks = INDENT; // before the next cell, so that no line ends in them
        for (unsigned j = 0; j < COLUMNS_MAX; j++) {
            const char *cell = columns->cells[i][j];
            if (cell[0] != '\0') {
                fprintf(to, "%*s%s", (int)blanks, "", cell);
                blanks = 0;
            }
            blanks += widths[j] - strlen(cell) + GAP;
        }
        fputc('\n', to);
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
