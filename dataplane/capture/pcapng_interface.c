// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/pcapng_interface.h"

#include <stddef.h>

#include "dataplane/capture/link_type.h"
#include "dataplane/capture/octets.h"

enum { OPTION_END = 0, OPTION_TIME_RESOLUTION = 9, OPTION_TIME_OFFSET = 14 };

// In smaller units than 10 to the minus this, no 64-bit time reaches a microsecond.
enum { UNITS_EXPONENT_MAX = 25, RESOLUTION_DEFAULT = 6 };

// About the year 38000.
#define TIME_US_MAX (INT64_C(1) << 60)

// if_tsresol: 10 to the minus n, or with the upper bit 2 to the minus n.
static void resolution_set(struct interface *interface, uint8_t resolution)
{
    unsigned exponent = resolution & 0x7f;
    interface->multiplier = 1; // the option may be there twice
    interface->divisor = 1;
    interface->shift = 0;
    if (resolution & 0x80) {
        interface->multiplier = 1000000;
        interface->shift = exponent;
        return;
    }
    for (; exponent < 6; exponent++) {
        interface->multiplier *= 10;
    }
    if (exponent > UNITS_EXPONENT_MAX) {
        interface->multiplier = 0;
        return;
    }
    for (; exponent > 6; exponent--) {
        interface->divisor *= 10;
    }
}

static void offset_set(struct interface *interface, int64_t seconds)
{
    const int64_t most = TIME_US_MAX / 1000000;
    seconds = seconds > most ? most : seconds < -most ? -most : seconds;
    interface->offset_us = seconds * 1000000;
}

static void options_read(struct interface *interface, const uint8_t *at, const uint8_t *end,
                         bool swapped)
{
    while (end - at >= 4) {
        unsigned code = octets_u16(at, swapped);
        size_t bytes = octets_u16(at + 2, swapped);
        const uint8_t *value = at + 4;
        size_t padded = (bytes + 3) / 4 * 4;
        if (code == OPTION_END || padded > (size_t)(end - value)) {
            return;
        }
        if (code == OPTION_TIME_RESOLUTION && bytes == 1) {
            resolution_set(interface, *value);
        } else if (code == OPTION_TIME_OFFSET && bytes == 8) {
            offset_set(interface, (int64_t)octets_u64(value, swapped));
        }
        at = value + padded;
    }
}

void interface_read(struct interface *interface, const uint8_t *body, const uint8_t *end,
                    bool swapped)
{
    uint16_t link_number = octets_u16(body, swapped);
    *interface = (struct interface){
        .link_number = link_number,
        .link_type = (uint8_t)link_type_of(link_number),
        .snap_bytes = octets_u32(body + 4, swapped),
    };
    resolution_set(interface, RESOLUTION_DEFAULT);
    options_read(interface, body + 8, end, swapped);
}

int64_t interface_time_us(const struct interface *interface, uint64_t units)
{
    unsigned __int128 scaled = (unsigned __int128)units * interface->multiplier >> interface->shift;
    uint64_t us = (scaled > UINT64_MAX ? UINT64_MAX : (uint64_t)scaled) / interface->divisor;
    return (us > TIME_US_MAX ? TIME_US_MAX : (int64_t)us) + interface->offset_us;
}
