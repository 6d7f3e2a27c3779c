// SPDX-License-Identifier: Apache-2.0
// Tells the heaviest of many values without sorting them: what is in a higher bucket of
// ranking_bucket than one bucket, and some of those in it.
#ifndef WEIR_SERIES_CUT_H
#define WEIR_SERIES_CUT_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/series/ranking.h"

struct cut {
    int bucket;
    uint32_t room; // for values in `bucket`
};

// The cut that keeps `most`, by how many values there are in each bucket.
struct cut cut_make(const uint32_t counts[RANKING_BUCKETS], uint32_t most);

// Whether a value of `bucket` is kept; each is asked for once. No value is 0.
static inline bool cut_keeps(struct cut *cut, unsigned bucket)
{
    if ((int)bucket != cut->bucket) {
        return (int)bucket > cut->bucket;
    }
    return cut->room > 0 && cut->room-- > 0;
}

#endif
