// SPDX-License-Identifier: Apache-2.0
// What is erased, and what the files may take. The writer's. 0 or a negative errno with a message.
#ifndef WEIR_HISTORY_BOUNDS_H
#define WEIR_HISTORY_BOUNDS_H

#include "agent/history/state.h"

// Before a transaction that adds up to `bytes` to the database.
int bounds_room(struct history *history, int64_t bytes, struct error *err);

// Some of what clients asked to be erased, and some of what is too old.
int bounds_spans(struct history *history, struct error *err);
int bounds_age(struct history *history, struct error *err);

// Gives back what was freed beyond what is soon used again; all of it where the bound was lowered.
int bounds_shrink(struct history *history, struct error *err);

#endif
