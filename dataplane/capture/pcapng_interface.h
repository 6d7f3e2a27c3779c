// SPDX-License-Identifier: Apache-2.0
// What a pcapng interface description says of the packets that name it.
#ifndef WEIR_CAPTURE_PCAPNG_INTERFACE_H
#define WEIR_CAPTURE_PCAPNG_INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

struct interface {
    uint16_t link_number;
    uint8_t link_type; // enum link_type
    bool refused;      // its link type has been named as a loss
    uint32_t snap_bytes;

    // Microseconds are units * multiplier >> shift / divisor + offset_us.
    uint64_t multiplier;
    uint64_t divisor;
    unsigned shift;
    int64_t offset_us;
};

// Reads a description's body, [body, end), of 8 octets at least. An option that runs past the end
// is left out, with those behind it.
void interface_read(struct interface *interface, const uint8_t *body, const uint8_t *end,
                    bool swapped);

// A packet's time since the epoch; what is absurd is clamped, far enough from the type's limits
// that the difference of two does not overflow.
int64_t interface_time_us(const struct interface *interface, uint64_t units);

#endif
