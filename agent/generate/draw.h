// SPDX-License-Identifier: Apache-2.0
// Pseudo-random numbers of a seed (xoshiro256**, Blackman and Vigna). Bits are the same everywhere;
// draw_normal is as far as the C library rounds alike.
#ifndef WEIR_GENERATE_DRAW_H
#define WEIR_GENERATE_DRAW_H

#include <math.h>
#include <stdint.h>

struct draw {
    uint64_t state[4];
};

static inline void draw_init(struct draw *draw, uint64_t seed)
{
    for (int i = 0; i < 4; i++) { // splitmix64, so that near seeds lie far apart
        uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        draw->state[i] = z ^ (z >> 31);
    }
}

static inline uint64_t draw_bits(struct draw *draw)
{
    uint64_t *s = draw->state;
    uint64_t five = s[1] * 5;
    uint64_t result = (five << 7 | five >> 57) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = s[3] << 45 | s[3] >> 19;
    return result;
}

// From 0 to below `bound`, which is above 0.
static inline uint32_t draw_below(struct draw *draw, uint32_t bound)
{
    return (uint32_t)(((draw_bits(draw) >> 32) * bound) >> 32);
}

// From 0 to below 1.
static inline double draw_unit(struct draw *draw)
{
    return (double)(draw_bits(draw) >> 11) * 0x1p-53;
}

static inline double draw_normal(struct draw *draw)
{
    double radius = sqrt(-2 * log(1 - draw_unit(draw)));
    return radius * cos(6.283185307179586 * draw_unit(draw));
}

#endif
