// SPDX-License-Identifier: Apache-2.0
// Traffic to try workers on, and how they are set up for it.
#ifndef WEIR_TESTS_WORKER_SCENE_H
#define WEIR_TESTS_WORKER_SCENE_H

#include "tests/unit/worker/memory_capture.h"
#include "tests/unit/worker/outcome.h"

enum { SCENE_FRAMES = 5000 };

#define SCENE_SECOND   INT64_C(1000000)
#define SCENE_START_US INT64_C(1700000000000000)

// Half a minute and a bit, with silences short and long, late packets, frames that are rejected,
// and maybe fragments that overtake their first or have none. The same for the same seed.
enum scene_fragments { SCENE_WHOLE, SCENE_FRAGMENTED };
void scene_draw(struct frame frames[SCENE_FRAMES], uint64_t seed, enum scene_fragments fragments);

// Panes of a second, idle and active timeouts of 2 and 6, linger of half a one. Makes the source
// ready, too.
struct workers_options scene_options(unsigned count, struct memory_capture *source);

// One worker, whole bursts: what all others are held against.
void scene_run_plainly(struct outcome *outcome, const struct frame frames[SCENE_FRAMES]);

#endif
