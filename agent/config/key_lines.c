// SPDX-License-Identifier: Apache-2.0
#include "agent/config/key_lines.h"

#include <stdlib.h>

// The octet after the string whose first quote is at `at`.
static size_t string_end(const char *text, size_t size, size_t at)
{
    for (at++; at < size && text[at] != '"'; at++) {
        at += text[at] == '\\';
    }
    return at + 1;
}

// Whether the next octet that is not white space is a colon: the string before it is a key then.
static int colon_follows(const char *text, size_t size, size_t at)
{
    while (at < size &&
           (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r')) {
        at++;
    }
    return at < size && text[at] == ':';
}

unsigned *key_lines_find(const char *text, size_t size)
{
    // A key takes four octets at least: two quotes, a colon and a value.
    unsigned *lines = calloc(size / 4 + 1, sizeof(*lines));
    size_t count = 0;
    unsigned line = 1;
    for (size_t at = 0; lines != NULL && at < size;) {
        if (text[at] == '"') {
            at = string_end(text, size, at);
            if (colon_follows(text, size, at)) {
                lines[count++] = line;
            }
        } else {
            line += text[at++] == '\n';
        }
    }
    return lines;
}
