// SPDX-License-Identifier: Apache-2.0
// Numbers that look random and are the same in each run, so that a failure can be run again.
#ifndef WEIR_TESTS_RANDOM_H
#define WEIR_TESTS_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state; // any seed
};

// SplitMix64 (Steele, Lea, Flood 2014).
static inline uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

// 0 .. count-1.
static inline uint64_t random_below(struct random *random, uint64_t count)
{
    return random_next(random) % count;
}

#endif
