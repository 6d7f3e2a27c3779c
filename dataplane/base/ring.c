// SPDX-License-Identifier: Apache-2.0
#include "dataplane/base/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CACHE_LINE = 64 };

struct ring *ring_create(size_t slot_bytes, size_t slots, struct error *err)
{
    if (slots == 0 || (slots & (slots - 1)) != 0) {
        error_set(err, -EINVAL, "a ring of %zu slots: expected a power of two", slots);
        return NULL;
    }
    struct ring *ring = aligned_alloc(CACHE_LINE, sizeof(*ring));
    size_t bytes = (slot_bytes * slots + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    uint8_t *memory = aligned_alloc(CACHE_LINE, bytes);
    if (ring == NULL || memory == NULL) {
        free(ring);
        free(memory);
        error_set(err, -ENOMEM, "no memory for a ring of %zu slots of %zu octets", slots,
                  slot_bytes);
        return NULL;
    }
    memset(ring, 0, sizeof(*ring));
    memset(memory, 0, bytes); // touched now, not on the packet path
    ring->slots = memory;
    ring->slot_bytes = slot_bytes;
    ring->mask = slots - 1;
    return ring;
}

void ring_free(struct ring *ring)
{
    if (ring != NULL) {
        free(ring->slots);
        free(ring);
    }
}
