// SPDX-License-Identifier: Apache-2.0
// A second of ordinary traffic after the other, made from a seed: all that is not to be told.
#ifndef WEIR_TESTS_ORDINARY_H
#define WEIR_TESTS_ORDINARY_H

#include "tests/unit/base/random.h"
#include "tests/unit/detect/stage.h"

struct ordinary {
    struct random random;
    uint32_t second;
    uint32_t scale; // 1: about 700 flows a second
};

// Adds the next second to the stage's pane, which stays open.
void ordinary_add(struct ordinary *ordinary, struct stage *stage);

// Some seconds, each closed.
void ordinary_run(struct ordinary *ordinary, struct stage *stage, unsigned seconds);

#endif
