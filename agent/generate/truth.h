// SPDX-License-Identifier: Apache-2.0
// What was odd in the traffic that was made, and when: the truth to judge detectors by.
#ifndef WEIR_GENERATE_TRUTH_H
#define WEIR_GENERATE_TRUTH_H

#include "agent/generate/generator.h"

// Writes a line of JSON for each anomaly that began before `until_us` (since the epoch), in the
// order in which they began. 0, or a negative errno with a message. May block.
int truth_write(const char *path, const struct profile *profile,
                const struct generator_books *books, int64_t until_us, struct error *err);

#endif
