// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "export/encode/text.h"

enum { WORDS = 8, IPV4_WORDS = 2, WORD_DIGITS = 4, MAC_OCTETS = 6 };

static const char hex[] = "0123456789abcdef";

char *text_ipv4(char *at, const uint8_t octets[4])
{
    for (int i = 0; i < 3; i++) {
        at = text_u8(at, octets[i]);
        *at++ = '.';
    }
    return text_u8(at, octets[3]);
}

char *text_mac(char *at, const uint8_t octets[6])
{
    for (int i = 0; i < MAC_OCTETS; i++) {
        at[3 * i] = hex[octets[i] >> 4];
        at[3 * i + 1] = hex[octets[i] & 15];
        if (i + 1 < MAC_OCTETS) {
            at[3 * i + 2] = ':';
        }
    }
    return at + TEXT_MAC_MAX;
}

static char *write_word(char *at, unsigned word)
{
    int digits = (32 - __builtin_clz(word | 1) + 3) / 4;
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
        *at++ = hex[word >> shift & 15];
    }
    return at;
}

// The first of the longest runs of at least two zero words; `length` 0 where there is none.
static void longest_zeros(const unsigned words[WORDS], int *start, int *length)
{
    *start = WORDS;
    *length = 0;
    for (int i = 0; i < WORDS; i++) {
        int run = 0;
        while (i + run < WORDS && words[i + run] == 0) {
            run++;
        }
        if (run > 1 && run > *length) {
            *start = i;
            *length = run;
        }
        i += run;
    }
}

char *text_ipv6(char *at, const uint8_t octets[16])
{
    unsigned words[WORDS];
    for (int i = 0; i < WORDS; i++) {
        words[i] = (unsigned)octets[2 * i] << 8 | octets[2 * i + 1];
    }
    int start;
    int length;
    longest_zeros(words, &start, &length);
    // An IPv4 address written as one: mapped (::ffff:a.b.c.d) or compatible (::a.b.c.d).
    int in_hex = WORDS;
    if (start == 0 && (length == 6 || (length == 5 && words[5] == 0xffff))) {
        in_hex = WORDS - IPV4_WORDS;
    }
    for (int i = 0; i < in_hex; i++) {
        if (i == start) {
            *at++ = ':';
            i += length - 1;
            if (i + 1 == WORDS) {
                *at++ = ':';
            }
            continue;
        }
        if (i > 0) {
            *at++ = ':';
        }
        at = write_word(at, words[i]);
    }
    if (in_hex < WORDS) {
        *at++ = ':';
        at = text_ipv4(at, octets + 2 * in_hex);
    }
    return at;
}
