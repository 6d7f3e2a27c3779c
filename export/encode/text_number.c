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

char *text_u64(char *at, uint64_t value)
{
    if (value >= EIGHT_DIGITS) {
        at = text_u64(at, value / EIGHT_DIGITS);
        store_digits(at, digits_of(value % EIGHT_DIGITS));
        return at + 8;
    }
    uint64_t digits = digits_of((uint32_t)value);
    unsigned zeros = __builtin_ctzll(digits | UINT64_C(1) << 56) / 8; // a zero keeps its last digit
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
