// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "export/encode/text.h"

// Octets of the UTF-8 sequence that `text` starts with, 0 where it starts with none. Refuses what
// the standard refuses: overlong forms, surrogates, what is past U+10FFFF. The final NUL of `text`
// is no continuation, so nothing is read behind it.
static int utf8_sequence(const unsigned char *text)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high;
        int octets;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (text[0] < forms[i].first_low || text[0] > forms[i].first_high) {
            continue;
        }
        if (text[1] < forms[i].second_low || text[1] > forms[i].second_high) {
            return 0;
        }
        for (int octet = 2; octet < forms[i].octets; octet++) {
            if ((text[octet] & 0xc0) != 0x80) {
                return 0;
            }
        }
        return forms[i].octets;
    }
    return 0;
}

char *text_beyond_ascii(char *at, const unsigned char **text)
{
    const unsigned char *c = *text;
    int octets = utf8_sequence(c);
    if (octets == 0) {
        *text += 1;
        return (char *)mempcpy(at, "\xef\xbf\xbd", 3); // U+FFFD
    }
    *text += octets;
    return (char *)mempcpy(at, c, octets);
}

char *text_utf8(char *at, const char *end, const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    while (*c != '\0') {
        if (end - at < TEXT_CHARACTER_MAX) {
            return NULL;
        }
        if (*c < 0x80) {
            *at++ = (char)*c++;
        } else {
            at = text_beyond_ascii(at, &c);
        }
    }
    return at;
}
