// SPDX-License-Identifier: Apache-2.0
// Shannon entropy of a distribution of counts n_i with sum n: log2 n - (sum n_i log2 n_i) / n. The
// terms are summed as integers of 2^-16 bit, so that the order of the counts, which depends on
// hashes and on the number of workers, does not show in the last digits, and so that sums add up.
// Up to 2^40 in all.
#ifndef WEIR_SKETCH_ENTROPY_H
#define WEIR_SKETCH_ENTROPY_H

#include <math.h>
#include <stdint.h>

#define ENTROPY_TERM_SCALE 65536.0

struct entropy {
    uint64_t kinds; // counts above 0
    uint64_t total;
    uint64_t terms;
};

static inline void entropy_add(struct entropy *entropy, uint64_t count)
{
    if (count == 0) {
        return;
    }
    entropy->kinds++;
    entropy->total += count;
    if (count > 1) {
        entropy->terms += (uint64_t)((double)count * log2((double)count) * ENTROPY_TERM_SCALE);
    }
}

// In bits; 0 where nothing was counted.
static inline double entropy_bits(const struct entropy *entropy)
{
    if (entropy->total == 0) {
        return 0;
    }
    double total = (double)entropy->total;
    double bits = log2(total) - (double)entropy->terms / ENTROPY_TERM_SCALE / total;
    return bits > 0 ? bits : 0;
}

#endif
