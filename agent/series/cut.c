// SPDX-License-Identifier: Apache-2.0
#include "agent/series/cut.h"

struct cut cut_make(const uint32_t counts[RANKING_BUCKETS], uint32_t most)
{
    struct cut cut = {.bucket = RANKING_BUCKETS - 1, .room = most};
    while (cut.bucket > 0 && counts[cut.bucket] <= cut.room) {
        cut.room -= counts[cut.bucket--];
    }
    return cut;
}
