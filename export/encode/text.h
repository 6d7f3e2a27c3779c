// SPDX-License-Identifier: Apache-2.0
// Numbers and addresses as text, each writer returning where it stopped. No final NUL; the caller
// knows that there is room for the *_MAX octets of the kind: some store more than they keep.
#ifndef WEIR_ENCODE_TEXT_H
#define WEIR_ENCODE_TEXT_H

#include <stddef.h>
#include <stdint.h>

enum {
    TEXT_U8_MAX = 4,
    TEXT_U64_MAX = 20,
    TEXT_I64_MAX = 20,
    TEXT_DOUBLE_MAX = 32,
    TEXT_IPV4_MAX = 16,
    TEXT_IPV6_MAX = 46,
    TEXT_MAC_MAX = 17,
    TEXT_CHARACTER_MAX = 4,
};

char *text_u8(char *at, uint8_t value);
char *text_u64(char *at, uint64_t value);
char *text_i64(char *at, int64_t value);
char *text_ipv4(char *at, const uint8_t octets[4]);
char *text_mac(char *at, const uint8_t octets[6]);

// As RFC 5952 and inet_ntop have it.
char *text_ipv6(char *at, const uint8_t octets[16]);

// With one to six decimals, rounded half up; from 9e15 on, where a double has none left, as many
// digits as name it exactly. Returns `at` for what JSON cannot say: infinities and NaN.
char *text_double(char *at, double value);

// `text` escaped for a JSON string, without the quotes; what is not UTF-8 becomes U+FFFD. NULL
// where it would pass `end`.
char *text_json(char *at, const char *end, const char *text);

// `text` as it is, but for what is not UTF-8, which becomes U+FFFD. NULL where it may pass `end`.
char *text_utf8(char *at, const char *end, const char *text);

// The one character that `*text` starts with, which is not ASCII, or U+FFFD for one octet that
// starts none; moves `*text` past it.
char *text_beyond_ascii(char *at, const unsigned char **text);

#endif
