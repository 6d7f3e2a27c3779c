// SPDX-License-Identifier: Apache-2.0
// How rare a size is in a series, by what the series itself has shown. Any one thread.
#ifndef WEIR_DETECT_TAIL_H
#define WEIR_DETECT_TAIL_H

enum { TAIL_BINS = 256 };

struct tail {
    double bins[TAIL_BINS]; // weight of the sizes seen, by logarithm
    double total;           // of all bins
    double unit;            // weight of the next row: it grows, so that old rows fade
    double memory;
    double rows; // learned, without end
    double prior_rows;
    double rarest;
    double shape_max; // of the Pareto distribution: how heavy it may be
};

// Sizes are in units of a usual one. `prior_rows`: how many rows the assumption weighs that is held
// before anything was seen; `memory`: of how many of the last rows the tail tells, at most;
// `rarest`: what is less probable is learned as if it had this probability.
void tail_init(struct tail *tail, double prior_rows, double memory, double rarest);

// The probability, above 0, that a row shows `size` (0 or more) or a larger one.
double tail_probability(const struct tail *tail, double size);

// Learns a size. One that was all but impossible counts as one that was merely rare (`rarest`), so
// that the first of two anomalies does not hide the second.
void tail_learn(struct tail *tail, double size);

#endif
