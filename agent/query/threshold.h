// SPDX-License-Identifier: Apache-2.0
// From which value on a subject meets a query's condition. In whole numbers, so that a value that
// is just as great as the bound never passes for greater:
//
//   share:     value > percent / 100 * total
//   deviation: value > mean + deviations * stddev   (baseline "mean")
//              value > deviations * stddev          (baseline "zero")
//
// with the mean and the population's standard deviation of all subjects that had traffic. Percent
// and deviations are taken as decimals of nine digits behind the point, as they were written.
#ifndef WEIR_QUERY_THRESHOLD_H
#define WEIR_QUERY_THRESHOLD_H

#include "agent/query/query.h"
#include "agent/series/ranking.h"

struct spread {
    long double mean;
    long double stddev;
};

struct spread spread_of(const struct ranking *ranking);

// The least value that meets the condition; what is past 64 bits, none does. 1 for QUERY_TOP.
uint128 threshold_of(const struct query *query, const struct ranking *ranking, uint64_t total);

#endif
