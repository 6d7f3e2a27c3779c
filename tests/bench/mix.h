// SPDX-License-Identifier: Apache-2.0
// The one source of chance of the benchmark captures: a number in, a well mixed number out, so that
// the n-th draw needs no state and the same seed gives the same capture.
#ifndef WEIR_BENCH_MIX_H
#define WEIR_BENCH_MIX_H

#include <stdint.h>

// A bijection of 64-bit numbers (two xor-shift and multiply rounds with odd constants).
static inline uint64_t mix64(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    return x;
}

#endif
