// SPDX-License-Identifier: Apache-2.0
// Numbers into packets, in the order of the network.
#ifndef WEIR_GENERATE_OCTETS_H
#define WEIR_GENERATE_OCTETS_H

#include <stdint.h>
#include <string.h>

static inline void octets_16(uint8_t *to, uint16_t value)
{
    value = __builtin_bswap16(value);
    memcpy(to, &value, 2);
}

static inline void octets_32(uint8_t *to, uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(to, &value, 4);
}

#endif
