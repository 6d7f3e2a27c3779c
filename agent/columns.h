// SPDX-License-Identifier: Apache-2.0
// Text in aligned columns, for a person.
#ifndef WEIR_COLUMNS_H
#define WEIR_COLUMNS_H

#include <stdio.h>

// A cell has room for the name of a query, and for two IPv6 addresses.
enum { COLUMNS_MAX = 8, COLUMN_CELL_BYTES = 96 };

struct columns {
    unsigned rows;
    unsigned room;
    char (*cells)[COLUMNS_MAX][COLUMN_CELL_BYTES]; // of each row
};

// Adds a row of `count` cells, at most COLUMNS_MAX; an empty one is shown as "-", one that is too
// long ends in "...". Where there is no memory the row is missing.
void columns_add(struct columns *columns, const char *const *cells, unsigned count);

// Prints all rows, each column as wide as its widest cell, and frees them. On a terminal a line
// that is wider than it (than COLUMNS, where that is set) ends in "...".
void columns_print(struct columns *columns, FILE *to);

// Prints a text in lines of at most 80 octets, broken at blanks and indented like the columns.
void columns_print_text(const char *text, FILE *to);

#endif
