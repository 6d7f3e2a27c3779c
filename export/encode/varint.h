// SPDX-License-Identifier: Apache-2.0
// Protobuf's integers: seven bits an octet, the lowest first, the top bit set in all but the last.
#ifndef WEIR_ENCODE_VARINT_H
#define WEIR_ENCODE_VARINT_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    VARINT_MAX = 10, // octets of one, and what varint_store may touch
    VARINT_WORD_BITS = 56,
};

static inline size_t varint_bytes(uint64_t value)
{
    return (640 - 9 * (unsigned)__builtin_clzll(value | 1)) / 64; // bits / 7, rounded up
}

// Octet by octet, and no octet more: where something stands behind already.
static inline char *varint_store_exact(char *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) {
        *at++ = (char)(value | 0x80);
    }
    *at++ = (char)value;
    return at;
}

// `value` is below 2^56. Each step moves the upper part of every lane up, by four, two and one bits
// (by adding it fifteen times, thrice, once), all lanes at once: the length of a counter is as good
// as random, and a loop over it as good as never predicted.
static inline char *varint_store_word(char *at, uint64_t value)
{
    size_t bytes = varint_bytes(value);
    value += 15 * (value & UINT64_C(0x00fffffff0000000));
    value += 3 * (value & UINT64_C(0x0fffc0000fffc000));
    value += value & UINT64_C(0x3f803f803f803f80);
    value |= UINT64_C(0x0080808080808080) >> (64 - 8 * bytes); // more to come, in all but the last
    value = htole64(value);
    memcpy(at, &value, sizeof(value));
    return at + bytes;
}

// Touches up to VARINT_MAX octets whatever it keeps.
static inline char *varint_store(char *at, uint64_t value)
{
    if (value < 0x80) { // as most numbers of most records are
        *at = (char)value;
        return at + 1;
    }
    return value >> VARINT_WORD_BITS == 0 ? varint_store_word(at, value)
                                          : varint_store_exact(at, value);
}

#endif
