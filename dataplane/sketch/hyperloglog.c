// SPDX-License-Identifier: Apache-2.0
#include "dataplane/sketch/hyperloglog.h"

#include <math.h>
#include <stddef.h>

enum { ONE_BITS = 47 };

// Corrects the bias of the harmonic mean (figure 3 of the paper).
static double bias(size_t count)
{
    switch (count) {
    case 16:
        return 0.673;
    case 32:
        return 0.697;
    case 64:
        return 0.709;
    default:
        return 0.7213 / (1 + 1.079 / (double)count);
    }
}

double hyperloglog_count(const uint8_t *registers, unsigned precision)
{
    size_t count = (size_t)1 << precision;
    size_t empty = 0;
    uint64_t sum = 0; // in units of 2^-ONE_BITS: integers add up faster, and 65536 ones fit
    for (size_t i = 0; i < count; i++) {
        empty += registers[i] == 0;
        sum += (UINT64_C(1) << ONE_BITS) >> registers[i];
    }
    double registers_count = (double)count;
    double estimate =
        bias(count) * registers_count * registers_count / ldexp((double)sum, -ONE_BITS);
    if (estimate <= 2.5 * registers_count && empty > 0) {
        return registers_count * log(registers_count / (double)empty);
    }
    return estimate; // hashes of 64 bits do not run out
}

void hyperloglog_merge(uint8_t *into, const uint8_t *from, unsigned precision)
{
    for (size_t i = 0; i < (size_t)1 << precision; i++) {
        into[i] = into[i] < from[i] ? from[i] : into[i];
    }
}
