// SPDX-License-Identifier: Apache-2.0
// Peaks over threshold in a stream, after Siffer, Fouque, Termier and Largouet, "Anomaly Detection
// in Streams with Extreme Value Theory", KDD 2017: what exceeds a high quantile follows, whatever
// the series, a generalized Pareto distribution (Pickands, Balkema, de Haan), which goes on where
// nothing was seen yet.
//
// Unlike there, the sizes are kept as a histogram of fixed size by logarithm: old rows fade without
// being kept, the threshold moves with the quantile, and the fit is by moments (Hosking and Wallis
// 1987), which a histogram gives in one pass. And there is no row without an answer: before the
// series has shown its tail, that of the Laplace distribution is assumed, and it fades as rows
// come.
#include "agent/detect/tail.h"

#include <math.h>
#include <string.h>

enum { STEPS_PER_OCTAVE = 8 };

static const double LOWEST = 1.0 / 32;    // sizes below are all alike
static const double TAIL_SHARE = 0.05;    // of the rows are over the threshold
static const double TAIL_SHARE_MAX = 0.2; // while there are few rows
static const double TAIL_ROWS = 10;       // are over it at least
static const double SHAPE_MAX = 0.3;      // the moments exist below 0.5
// The tail tells of the last half of the rows rather than of all, until that is more than its
// memory: at the beginning of a series much is strange only because nothing was known.
static const double FADE = 1;
static const double FADE_FROM = 50; // rows
static const double UNIT_MAX = 1e12;

void tail_init(struct tail *tail, double prior_rows, double memory, double rarest)
{
    memset(tail, 0, sizeof(*tail));
    tail->unit = 1;
    tail->memory = memory;
    tail->prior_rows = prior_rows;
    tail->rarest = rarest;
    tail->shape_max = SHAPE_MAX;
}

static double edge_of(int bin)
{
    return bin == 0 ? 0 : LOWEST * exp2((double)bin / STEPS_PER_OCTAVE);
}

static double middle_of(int bin)
{
    return LOWEST * exp2((bin + 0.5) / STEPS_PER_OCTAVE) * (bin > 0);
}

static int bin_of(double size)
{
    if (size <= LOWEST) {
        return 0;
    }
    return (int)fmin(log2(size / LOWEST) * STEPS_PER_OCTAVE, TAIL_BINS - 1);
}

// The share of rows over the threshold, which is the lower edge of *bin.
static double threshold_find(const struct tail *tail, int *bin)
{
    double rows = tail->total / tail->unit;
    double share = fmin(fmax(TAIL_ROWS / rows, TAIL_SHARE), TAIL_SHARE_MAX);
    double weight = 0;
    int at = TAIL_BINS;
    while (at > 0 && weight < share * tail->total) {
        weight += tail->bins[--at];
    }
    *bin = at;
    return weight / tail->total;
}

// The probability that what is over the threshold is over it by `excess`.
static double pareto(const struct tail *tail, int bin, double excess)
{
    double weight = 0, sum = 0, squares = 0;
    for (int i = bin; i < TAIL_BINS; i++) {
        double over = middle_of(i) - edge_of(bin);
        weight += tail->bins[i];
        sum += tail->bins[i] * over;
        squares += tail->bins[i] * over * over;
    }
    double mean = sum / weight;
    double variance = squares / weight - mean * mean;
    if (!(mean > 0)) {
        return 0;
    }
    double shape = variance > mean * mean ? 0.5 * (1 - mean * mean / variance) : 0;
    shape = fmin(shape, tail->shape_max);
    double scale = mean * (1 - shape);
    return shape < 1e-6 ? exp(-excess / scale) : pow(1 + shape * excess / scale, -1 / shape);
}

static double seen_probability(const struct tail *tail, double size)
{
    int threshold;
    double share = threshold_find(tail, &threshold);
    double edge = edge_of(threshold);
    if (size > edge) {
        return share * pareto(tail, threshold, size - edge);
    }
    double weight = 0;
    for (int i = bin_of(size); i < TAIL_BINS; i++) {
        weight += tail->bins[i];
    }
    return weight / tail->total;
}

double tail_probability(const struct tail *tail, double size)
{
    double assumed = fmax(exp(-size) / 2, 1e-300);
    if (tail->total <= 0) {
        return assumed;
    }
    double rows = tail->total / tail->unit;
    double seen = seen_probability(tail, size);
    return (tail->prior_rows * assumed + rows * seen) / (tail->prior_rows + rows);
}

void tail_learn(struct tail *tail, double size)
{
    int bin = bin_of(size);
    while (bin > 0 && tail_probability(tail, edge_of(bin)) < tail->rarest) {
        bin--;
    }
    tail->bins[bin] += tail->unit;
    tail->total += tail->unit;
    tail->rows++;
    tail->unit *= 1 + fmax(1 / tail->memory, FADE / (tail->rows + FADE_FROM));
    if (tail->unit > UNIT_MAX) {
        for (int i = 0; i < TAIL_BINS; i++) {
            tail->bins[i] /= tail->unit;
        }
        tail->total /= tail->unit;
        tail->unit = 1;
    }
}
