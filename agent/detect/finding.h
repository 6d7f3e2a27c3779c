// SPDX-License-Identifier: Apache-2.0
// Filling findings: the one scale of scores, and words that all watches share. Any thread.
#ifndef WEIR_DETECT_FINDING_H
#define WEIR_DETECT_FINDING_H

#include <stddef.h>

#include "agent/detect/anomaly.h"

// What is told, and how strange it is, is the same for all watches: each has a limit, beyond all
// that is usual, and the score says how many times beyond the limit something is. 0.5 is at the
// limit, 0.7 at twice, 0.9 at four times, 1 at 5.7 times; below the limit the score is below 0.5.
// `times` is what was observed over the limit, or for what must not get small the limit over what
// was observed.
double finding_score(double times);

// Clears the finding, with its names set. `detector` and `unit` are kept as they are.
__attribute__((format(printf, 4, 5))) void finding_init(struct finding *finding,
                                                        const char *detector, const char *unit,
                                                        const char *subject, ...);

// Writes the explanation; what is too long is cut.
__attribute__((format(printf, 2, 3))) void finding_explain(struct finding *finding,
                                                           const char *text, ...);

// Adds one who takes part where it belongs among those there: largest first, the smallest fall off.
void finding_add(struct finding *finding, const char *name, uint64_t value);

// "812 Mbit/s", "3.4 k packets/s": a quantity as people write it, with the finding's unit. `text`
// is returned.
enum { FINDING_AMOUNT_MAX = 48 };
const char *finding_amount(char text[FINDING_AMOUNT_MAX], double value, const char *unit);

// An address as text, as in records (inet_ntop). `text` is returned.
const char *finding_address(char text[ANOMALY_SUBJECT_MAX], const uint8_t address[16], bool ipv6);

#endif
