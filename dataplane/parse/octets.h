// SPDX-License-Identifier: Apache-2.0
// Unaligned big-endian fields to host integers.
#ifndef WEIR_PARSE_OCTETS_H
#define WEIR_PARSE_OCTETS_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t load_be16(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof(value));
    return be16toh(value);
}

static inline uint32_t load_be32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return be32toh(value);
}

#endif
