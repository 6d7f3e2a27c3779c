// SPDX-License-Identifier: Apache-2.0
#include "agent/query/threshold.h"

#include <math.h>

enum { DECIMALS = 1000000000 };

// count^2 times the variance. Fits as long as the sum of all values stays below 2^52 with up to
// 2^24 subjects: an hour at a terabit each second.
static uint128 variance_scaled(const struct ranking *ranking)
{
    return ranking->squares * ranking->count - ranking->sum * ranking->sum;
}

struct spread spread_of(const struct ranking *ranking)
{
    if (ranking->count == 0) {
        return (struct spread){0};
    }
    long double count = (long double)ranking->count;
    return (struct spread){.mean = (long double)ranking->sum / count,
                           .stddev = sqrtl((long double)variance_scaled(ranking)) / count};
}

static uint64_t root_floor(uint128 square)
{
    long double near = sqrtl((long double)square);
    uint64_t root = near < 0x1p64L ? (uint64_t)near : UINT64_MAX;
    while ((uint128)root * root > square) {
        root--;
    }
    while (root < UINT64_MAX && (uint128)(root + 1) * (root + 1) <= square) {
        root++;
    }
    return root;
}

// factor * sqrt(square), rounded down. Exact where the root is whole, which is the only case in
// which a value can be equal to a bound that has a root in it.
static uint128 root_times(uint128 square, uint64_t factor)
{
    uint64_t root = root_floor(square);
    long double rest = (long double)(square - (uint128)root * root);
    long double fraction = rest > 0 ? rest / (sqrtl((long double)square) + (long double)root) : 0;
    return (uint128)factor * root + (uint128)((long double)factor * fraction);
}

uint128 threshold_of(const struct query *query, const struct ranking *ranking, uint64_t total)
{
    if (query->kind == QUERY_TOP || ranking->count == 0) {
        return 1;
    }
    if (query->kind == QUERY_SHARE) {
        uint128 percent = (uint128)llround(query->percent * DECIMALS);
        return percent * total / ((uint128)100 * DECIMALS) + 1;
    }
    uint64_t factor = (uint64_t)llround(query->deviations * DECIMALS);
    uint128 bound = root_times(variance_scaled(ranking), factor);
    if (query->baseline == QUERY_MEAN) {
        bound += ranking->sum * DECIMALS;
    }
    return bound / ((uint128)ranking->count * DECIMALS) + 1;
}
