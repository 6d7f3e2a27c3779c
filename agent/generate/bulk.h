// SPDX-License-Identifier: Apache-2.0
// Payload of which there is much: a template of each kind, with the checksum of every beginning of
// it, so that a segment costs a copy and no sum.
#ifndef WEIR_GENERATE_BULK_H
#define WEIR_GENERATE_BULK_H

#include "agent/generate/protocol.h"
#include "agent/generate/tls.h"

enum { BULK_MAX = 1504, BULK_KINDS = BULK_QUIC + 1 };

struct bulk_template {
    uint8_t octets[BULK_MAX];
    uint32_t sums[BULK_MAX / 2 + 1]; // of the first so many pairs of octets
};

struct bulk_templates {
    uint8_t noise[TLS_NOISE]; // what is as good as encrypted is a piece of it
    struct bulk_template kinds[BULK_KINDS];
};

void bulk_init(struct bulk_templates *templates, uint64_t seed);

// Writes an even number of octets, at least 16, and returns their frame_sum.
uint32_t bulk_write(const struct bulk_templates *templates, enum bulk kind, unsigned count,
                    uint8_t *to);

#endif
