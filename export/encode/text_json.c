// SPDX-License-Identifier: Apache-2.0
#include <stdbool.h>
#include <string.h>

#include "export/encode/text.h"

#define OCTETS(octet) (UINT64_C(0x0101010101010101) * (octet))

// Zero where all eight octets of `word` can stand in a JSON string as they are. (Borrows run from a
// bad octet upwards, so they may mark good ones, but only where one is bad.)
static uint64_t not_plain(uint64_t word)
{
    uint64_t control = word - OCTETS(0x20);
    uint64_t quote = (word ^ OCTETS('"')) - OCTETS(1);
    uint64_t backslash = (word ^ OCTETS('\\')) - OCTETS(1);
    return (word | control | quote | backslash) & OCTETS(0x80);
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

// What stands for a control character, a quote or a backslash.
static char *write_escape(char *at, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[256] = {
        ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
        ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
    };
    *at++ = '\\';
    if (letters[c] != '\0') {
        *at++ = letters[c];
        return at;
    }
    at = (char *)mempcpy(at, "u00", 3);
    *at++ = hex[c >> 4];
    *at++ = hex[c & 15];
    return at;
}

// One character of `text` that is not plain; moves `text` past it.
static char *write_special(char *at, const unsigned char **text)
{
    const unsigned char *c = *text;
    if (*c < 0x80) {
        *text += 1;
        return write_escape(at, *c);
    }
    return text_beyond_ascii(at, text);
}

char *text_json(char *at, const char *end, const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    const unsigned char *text_end = c + strlen(text);
    uint64_t word;
    while (c < text_end) {
        if (end - at < (ptrdiff_t)sizeof(word)) {
            return NULL;
        }
        if (text_end - c >= (ptrdiff_t)sizeof(word)) {
            memcpy(&word, c, sizeof(word));
            if (not_plain(word) == 0) {
                memcpy(at, &word, sizeof(word));
                at += sizeof(word);
                c += sizeof(word);
                continue;
            }
        }
        if (is_plain(*c)) {
            *at++ = (char)*c++;
        } else {
            at = write_special(at, &c);
        }
    }
    return at;
}
