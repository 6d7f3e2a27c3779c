// SPDX-License-Identifier: Apache-2.0
// One line of the log while it is put together. For this room only.
#ifndef WEIR_LOG_LINE_H
#define WEIR_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>

// A pipe takes 4096 octets (PIPE_BUF) in one piece. The last ones are kept for what closes a string
// and the line, so that a full line is well formed.
enum { LINE_OCTETS = 4096, LINE_END_OCTETS = 32 };

struct line {
    size_t used;
    bool full; // something did not fit and was left out, from its first octet on
    char text[LINE_OCTETS];
};

// Adds what is known to be printable.
void line_add(struct line *line, const char *text);

// Adds any octets as printable UTF-8: control characters as \u00XX, U+FFFD for what is no UTF-8,
// and a backslash before each of the characters of `marked`.
void line_add_escaped(struct line *line, const char *text, const char *marked);

// The same as a JSON string.
void line_add_quoted(struct line *line, const char *text);

// Adds the end, at most LINE_END_OCTETS - 1 octets, also to a line that is full.
void line_end(struct line *line, const char *end);

// Whether a text value can stand without quotes.
bool line_is_word(const char *text);

#endif
