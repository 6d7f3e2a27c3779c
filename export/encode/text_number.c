// SPDX-License-Identifier: Apache-2.0
#include "export/encode/text.h"

#include <endian.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define DECIMALS       6
#define DECIMALS_SCALE 1000000
#define DOUBLE_FIXED   9e15 // below, a double still tells whole numbers apart

#define EIGHT_DIGITS 100000000
#define ASCII_ZEROS  UINT64_C(0x3030303030303030)

// The eight digits of a number below 10^8, one in each octet, the first in the lowest: split into
// two fours, four twos and eight ones, all lanes at once. No table and no branch, since the length
// of a counter is as good as random.
static uint64_t digits_of(uint32_t value)
{
    uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
    uint64_t hundreds = fours * 10486 >> 20 & UINT64_C(0x0000007f0000007f);
    uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
    uint64_t tens = twos * 103 >> 10 & UINT64_C(0x000f000f000f000f);
    return tens | (twos - 10 * tens) << 8;
}

static void store_digits(char *at, uint64_t digits)
{
    digits = htole64(digits + ASCII_ZEROS);
    memcpy(at, &digits, sizeof(digits));
}

// Each number below 256: up to three digits, the first in the lowest octet, and above them how
// many.
#define OCTET_DIGITS(n) ((n) < 10 ? 1u : (n) < 100 ? 2u : 3u)
#define OCTET_TEXT(n)                                                                              \
    ((n) < 10    ? '0' + (n)                                                                       \
     : (n) < 100 ? ('0' + (n) / 10) | ('0' + (n) % 10) << 8                                        \
                 : ('0' + (n) / 100) | ('0' + (n) / 10 % 10) << 8 | ('0' + (n) % 10) << 16)
#define OCTET(n)    (OCTET_TEXT(n) | OCTET_DIGITS(n) << 24)
#define OCTETS4(n)  OCTET(n), OCTET((n) + 1), OCTET((n) + 2), OCTET((n) + 3)
#define OCTETS16(n) OCTETS4(n), OCTETS4((n) + 4), OCTETS4((n) + 8), OCTETS4((n) + 12)
#define OCTETS64(n) OCTETS16(n), OCTETS16((n) + 16), OCTETS16((n) + 32), OCTETS16((n) + 48)
static const uint32_t octets[256] = {OCTETS64(0), OCTETS64(64), OCTETS64(128), OCTETS64(192)};

char *text_u8(char *at, uint8_t value)
{
    uint32_t text = htole32(octets[value]);
    memcpy(at, &text, sizeof(text));
    return at + (octets[value] >> 24);
}

char *text_u64(char *at, uint64_t value)
{
    if (value <= UINT8_MAX) { // as most numbers of most records are
        return text_u8(at, (uint8_t)value);
    }
    if (value >= EIGHT_DIGITS) {
        at = text_u64(at, value / EIGHT_DIGITS);
        store_digits(at, digits_of(value % EIGHT_DIGITS));
        return at + 8;
    }
    uint64_t digits = digits_of((uint32_t)value);
    unsigned zeros = __builtin_ctzll(digits) / 8;
    uint64_t text = htole64((digits + ASCII_ZEROS) >> 8 * zeros);
    memcpy(at, &text, sizeof(text));
    return at + 8 - zeros;
}

char *text_i64(char *at, int64_t value)
{
    if (value < 0) {
        *at++ = '-';
        return text_u64(at, -(uint64_t)value);
    }
    return text_u64(at, (uint64_t)value);
}

char *text_double(char *at, double value)
{
    if (!isfinite(value)) {
        return at;
    }
    double magnitude = fabs(value);
    if (magnitude >= DOUBLE_FIXED) {
        return at + snprintf(at, TEXT_DOUBLE_MAX, "%.17g", value);
    }
    // The whole part is taken off before scaling, since the product would not be exact with it.
    uint64_t whole = (uint64_t)magnitude;
    uint32_t scaled = (uint32_t)((magnitude - (double)whole) * DECIMALS_SCALE + 0.5);
    if (scaled == DECIMALS_SCALE) {
        whole++;
        scaled = 0;
    }
    if (value < 0 && (whole != 0 || scaled != 0)) {
        *at++ = '-';
    }
    at = text_u64(at, whole);
    *at++ = '.';
    uint64_t fraction = digits_of(scaled) >> 8 * (8 - DECIMALS);
    store_digits(at, fraction);
    // One decimal stays: a consumer that guesses types from the first value must not guess integer.
    unsigned zeros_behind = __builtin_clzll(fraction | 1) / 8;
    return at + 8 - zeros_behind;
}
