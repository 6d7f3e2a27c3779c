// SPDX-License-Identifier: Apache-2.0
// How many different ones there were lately: a HyperLogLog of the window under way, and what the
// window before had, which counts less and less as the new one gets older. Who comes in both counts
// twice at most. Any one thread.
#ifndef WEIR_DETECT_DISTINCT_H
#define WEIR_DETECT_DISTINCT_H

#include <stdint.h>

// One cache line of registers: 13 % standard error, where limits are multiples.
enum { DISTINCT_PRECISION = 6, DISTINCT_REGISTERS = 1 << DISTINCT_PRECISION };

// Empty as it is zeroed; its registers may hold anything then.
struct distinct {
    uint32_t begin; // pane in which the window began, 0: none did
    float before;   // of the window before
};

// Adds one by its hash, in pane `now` (from 1 on, never less than before); a window is `length`
// panes.
void distinct_add(struct distinct *distinct, uint8_t registers[DISTINCT_REGISTERS], uint64_t hash,
                  uint32_t now, uint32_t length);

double distinct_count(const struct distinct *distinct, const uint8_t registers[DISTINCT_REGISTERS],
                      uint32_t now, uint32_t length);

#endif
