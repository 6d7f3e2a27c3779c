// SPDX-License-Identifier: Apache-2.0
// The addresses of made-up traffic. A host is known by an IPv4 address; the same host's IPv6
// address has it at its end.
//   10.0.0.0/8     2001:db8:0:1::/96   hosts inside
//   100.64.0.0/10  2001:db8:0:2::/96   hosts outside
//   198.18.0.0/15  2001:db8:0:3::/96   who takes part in anomalies
#ifndef WEIR_GENERATE_ADDRESS_H
#define WEIR_GENERATE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    ADDRESS_INSIDE = 0x0a000001,
    ADDRESS_RESERVED = 0x0aff0001, // inside: tunnels' ends and others that are not counted
    ADDRESS_OUTSIDE = 0x64400001,
    ADDRESS_STRANGE = (int)0xc6120001,
    ADDRESS_INSIDE_MAX = 1 << 22,
    ADDRESS_OUTSIDE_MAX = (1 << 22) - 2,
    ADDRESS_STRANGE_MAX = (1 << 17) - 2,
};

struct address {
    uint8_t octets[16]; // an IPv4 address in the first four
    bool is_v6;
};

// In place: copied as a whole right behind its making, it would wait for its parts to be written.
static inline void address_fill(struct address *address, uint32_t host, bool is_v6)
{
    uint32_t swapped = __builtin_bswap32(host);
    address->is_v6 = is_v6;
    if (is_v6) {
        static const uint8_t prefix[] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0};
        memcpy(address->octets, prefix, sizeof(prefix));
        address->octets[7] = host >> 24 == 10 ? 1 : host >> 24 == 100 ? 2 : 3;
        memcpy(address->octets + 12, &swapped, 4);
    } else {
        memcpy(address->octets, &swapped, 4);
    }
}

static inline struct address address_of(uint32_t host, bool is_v6)
{
    struct address address = {0};
    address_fill(&address, host, is_v6);
    return address;
}

#endif
