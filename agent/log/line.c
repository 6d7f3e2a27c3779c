// SPDX-License-Identifier: Apache-2.0
#include "agent/log/line.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void add(struct line *line, const char *text, size_t length)
{
    if (line->full || line->used + length > LINE_OCTETS - LINE_END_OCTETS) {
        line->full = true;
        return;
    }
    memcpy(&line->text[line->used], text, length);
    line->used += length;
}

void line_add(struct line *line, const char *text)
{
    add(line, text, strlen(text));
}

void line_end(struct line *line, const char *end)
{
    memcpy(&line->text[line->used], end, strlen(end));
    line->used += strlen(end);
}

// Decodes the UTF-8 sequence at `text` (not at its NUL). Returns its octets; 0: it is none.
static size_t sequence_decode(const char *text, uint32_t *character)
{
    // The least character that needs so many octets tells an overlong form.
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    size_t octets = first < 0x80             ? 1
                    : (first & 0xe0) == 0xc0 ? 2
                    : (first & 0xf0) == 0xe0 ? 3
                    : (first & 0xf8) == 0xf0 ? 4
                                             : 0;
    *character = octets == 1 ? first : first & (0x7fu >> octets);
    for (size_t i = 1; i < octets; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80) {
            return 0;
        }
        *character = *character << 6 | ((unsigned char)text[i] & 0x3f);
    }
    bool surrogate = *character >= 0xd800 && *character <= 0xdfff;
    return octets == 0 || *character < least[octets] || *character > 0x10ffff || surrogate ? 0
                                                                                           : octets;
}

void line_add_escaped(struct line *line, const char *text, const char *marked)
{
    while (*text != '\0' && !line->full) {
        uint32_t character;
        char escaped[8];
        size_t octets = sequence_decode(text, &character);
        if (octets == 0) {
            add(line, "\xef\xbf\xbd", 3); // U+FFFD
            octets = 1;
        } else if (character < 0x20 || (character >= 0x7f && character < 0xa0)) {
            add(line, escaped, (size_t)snprintf(escaped, sizeof(escaped), "\\u%04x", character));
        } else if (octets == 1 && strchr(marked, *text) != NULL) {
            escaped[0] = '\\';
            escaped[1] = *text;
            add(line, escaped, 2);
        } else {
            add(line, text, octets);
        }
        text += octets;
    }
}

void line_add_quoted(struct line *line, const char *text)
{
    line_add(line, "\"");
    line_add_escaped(line, text, "\"\\");
    // Also where the text was cut: of a line that is full, only the message's string is kept.
    line_end(line, "\"");
}

bool line_is_word(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~' || strchr("\"=\\", *at) != NULL) {
            return false;
        }
    }
    return text[0] != '\0';
}
