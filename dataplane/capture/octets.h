// SPDX-License-Identifier: Apache-2.0
// Numbers out of file headers, which stand at any alignment and in the byte order of the machine
// that wrote the file. `swapped` says that this is not ours; where it is a constant, it costs
// nothing.
#ifndef WEIR_CAPTURE_OCTETS_H
#define WEIR_CAPTURE_OCTETS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t octets_u16(const uint8_t *at, bool swapped)
{
    uint16_t value;
    memcpy(&value, at, sizeof(value));
    return swapped ? __builtin_bswap16(value) : value;
}

static inline uint32_t octets_u32(const uint8_t *at, bool swapped)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return swapped ? __builtin_bswap32(value) : value;
}

static inline uint64_t octets_u64(const uint8_t *at, bool swapped)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return swapped ? __builtin_bswap64(value) : value;
}

#endif
