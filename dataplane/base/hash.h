// SPDX-License-Identifier: Apache-2.0
// Keyed hashing: with a secret drawn at start no sender can choose packets that collide. Nothing
// that leaves the process depends on the secret.
#ifndef WEIR_BASE_HASH_H
#define WEIR_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct hash_secret {
    uint64_t seed;
};

// Draws a secret from the kernel. Any thread; may block at boot.
void hash_secret_draw(struct hash_secret *secret);

// XXH3 (Collet, 64 bits) of `bytes` octets. Inline, so that a constant length unrolls.
static inline uint64_t hash_bytes(const void *data, size_t bytes, struct hash_secret secret)
{
    return XXH3_64bits_withSeed(data, bytes, secret.seed);
}

// Maps the upper half of a hash onto 0 .. count-1 (Lemire's multiply-shift), count < 2^32.
static inline uint32_t hash_range(uint64_t hash, uint32_t count)
{
    return (uint32_t)(((hash >> 32) * count) >> 32);
}

#endif
