// SPDX-License-Identifier: Apache-2.0
// How many different ones there were, of those whose hashes were added: HyperLogLog (Flajolet,
// Fusy, Gandouet, Meunier: "HyperLogLog: the analysis of a near-optimal cardinality estimation
// algorithm", 2007), with linear counting (Whang, Vander-Zanden, Taylor 1990) where there were few.
//
// A sketch is nothing but its registers, 1 << precision octets of the caller's, all zero when it is
// empty. The standard error is 1.04 / sqrt(registers): 13 % with precision 6, 1.6 % with 12. Any
// one thread.
#ifndef WEIR_SKETCH_HYPERLOGLOG_H
#define WEIR_SKETCH_HYPERLOGLOG_H

#include <stdint.h>

enum { HYPERLOGLOG_PRECISION_MIN = 4, HYPERLOGLOG_PRECISION_MAX = 16 };

// `hash`: 64 bits that are all as good as random, the same for the same thing.
static inline void hyperloglog_add(uint8_t *registers, unsigned precision, uint64_t hash)
{
    uint64_t index = hash >> (64 - precision);
    // A bit is set behind the last one, so that there is a first one.
    uint64_t rest = hash << precision | UINT64_C(1) << (precision - 1);
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
    if (registers[index] < rank) {
        registers[index] = rank;
    }
}

double hyperloglog_count(const uint8_t *registers, unsigned precision);

// Makes `into` the sketch of what was added to either, as if it had been added to one.
void hyperloglog_merge(uint8_t *into, const uint8_t *from, unsigned precision);

#endif
