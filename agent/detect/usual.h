// SPDX-License-Identifier: Apache-2.0
// How large a quantity usually gets at most, and from where on it is told: an adaptive threshold, a
// multiple of what was learned (Siris and Papagalou: "Application of anomaly detection algorithms
// for detecting SYN flooding attacks", 2004), on the largest value of each block of five minutes
// instead of on the mean, since traffic comes in bursts and a burst is as usual as what lies
// between two of them.
//
// What is learned grows by a quarter a block at most and fades over two days. So one attack hardly
// moves it, an attack that lasts is what is usual in the end, and what comes once a day is known
// the next day.
#ifndef WEIR_DETECT_USUAL_H
#define WEIR_DETECT_USUAL_H

#include <stdbool.h>

enum { USUAL_BLOCK_S = 300 };

struct usual {
    float level; // 0: nothing is known
    float most;  // of the block that is not over
};

// From where on a value is told: `own` is what is usual of who shows it, `known` whether it was
// seen for more than a block, `link` what is usual of the largest of all; less than `least` is
// never told.
double usual_limit(const struct usual *own, bool known, const struct usual *link, double least);

// A value that came. What is above the limit counts as the limit.
void usual_see(struct usual *usual, double value, double limit);

// The block is over, and so are (blocks - 1) without anything.
void usual_settle(struct usual *usual, unsigned blocks);

// What it is now, blocks that are over or not.
double usual_now(const struct usual *usual);

#endif
