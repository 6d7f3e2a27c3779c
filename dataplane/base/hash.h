// SPDX-License-Identifier: Apache-2.0
// Keyed hashing: with a secret drawn at start no sender can choose packets that collide. Nothing
// that leaves the process depends on the secret.
#ifndef WEIR_BASE_HASH_H
#define WEIR_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#if defined(__AES__)
#include <wmmintrin.h>
#endif

struct hash_secret {
    uint64_t seed;
    uint64_t more; // of the key, where AES is used
};

// Draws a secret from the kernel. Any thread; may block at boot.
void hash_secret_draw(struct hash_secret *secret);

#if defined(__AES__)
// AES rounds as a keyed hash, as in Go's runtime: a block of 16 octets is mixed in under two
// rounds, so that who does not know the key cannot make one block's change undo another's, and a
// fifth of XXH3's instructions do.
static inline uint64_t hash_blocks(const void *data, size_t blocks, struct hash_secret secret)
{
    const __m128i key = _mm_set_epi64x((int64_t)secret.more, (int64_t)secret.seed);
    __m128i state = key;
    for (size_t i = 0; i < blocks; i++) {
        state = _mm_xor_si128(state, _mm_loadu_si128((const __m128i *)data + i));
        state = _mm_aesenc_si128(_mm_aesenc_si128(state, key), key);
    }
    return (uint64_t)_mm_cvtsi128_si64(_mm_aesenc_si128(state, key));
}
#endif

// A 64-bit hash of `bytes` octets: AES where the CPU has it and the length is whole blocks, else
// XXH3 (Collet). The same for the same octets, length and secret, within one process.
static inline __attribute__((always_inline)) uint64_t hash_bytes(const void *data, size_t bytes,
                                                                 struct hash_secret secret)
{
#if defined(__AES__)
    if (bytes % sizeof(__m128i) == 0) { // settled when compiled, where the length is
        return hash_blocks(data, bytes / sizeof(__m128i), secret);
    }
#endif
    return XXH3_64bits_withSeed(data, bytes, secret.seed);
}

// A checksum against damage, not against intent: XXH3 (Collet) without a key, the same on every
// machine.
static inline uint64_t hash_checksum(const void *data, size_t bytes)
{
    return XXH3_64bits(data, bytes);
}

// Maps the upper half of a hash onto 0 .. count-1 (Lemire's multiply-shift), count < 2^32.
static inline uint32_t hash_range(uint64_t hash, uint32_t count)
{
    return (uint32_t)(((hash >> 32) * count) >> 32);
}

#endif
