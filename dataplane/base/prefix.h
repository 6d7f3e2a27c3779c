// SPDX-License-Identifier: Apache-2.0
// Prefixes of addresses, and sets of them. A set is read-only once it is filled: any thread may ask
// it then.
#ifndef WEIR_BASE_PREFIX_H
#define WEIR_BASE_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/error.h"

struct prefix {
    uint8_t address[16]; // IPv4 in the first four octets; what is past `bits` is zero
    uint8_t bits;
    bool ipv6;
};

// Reads "10.0.0.0/8", "2001:db8::/32", or an address, which stands for itself alone. 0, or -EINVAL
// with a message that says what was expected; bits set past the length are an error.
int prefix_read(struct prefix *prefix, const char *text, struct error *err);

bool prefix_holds(const struct prefix *prefix, const uint8_t address[16], bool ipv6);

// Clears what is past the first `bits` of an address.
void prefix_mask(uint8_t address[16], unsigned bits);

struct prefix_set {
    struct prefix *items;
    size_t count;
};

// Fills a set from texts. 0, -EINVAL or -ENOMEM with a message; *set is untouched then.
int prefix_set_init(struct prefix_set *set, const char *const *texts, size_t count,
                    struct error *err);
void prefix_set_fini(struct prefix_set *set);

bool prefix_set_holds(const struct prefix_set *set, const uint8_t address[16], bool ipv6);

#endif
