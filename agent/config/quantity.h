// SPDX-License-Identifier: Apache-2.0
// Whole numbers with a unit: "30s", "1Mi".
#ifndef WEIR_CONFIG_QUANTITY_H
#define WEIR_CONFIG_QUANTITY_H

#include <stdint.h>

struct quantity_unit {
    const char *suffix;
    int64_t factor;
};

// Each ends with a row without a suffix.
extern const struct quantity_unit quantity_counts[];    // to ones; no suffix, k M G, Ki Mi Gi
extern const struct quantity_unit quantity_durations[]; // to microseconds; us, ms, s, m, h
extern const struct quantity_unit quantity_sizes[];     // to octets; B, kB MB GB TB, KiB to TiB

// The number times its unit, or -EINVAL where the text is no such thing and -ERANGE where the
// product does not fit.
int64_t quantity_parse(const struct quantity_unit *units, const char *text);

#endif
