// SPDX-License-Identifier: Apache-2.0
// What was there before, by hash: two Bloom filters (Bloom: "Space/time trade-offs in hash coding
// with allowable errors", 1970), each key's bits in one cache line of it (Putze, Sanders, Singler:
// "Cache-, hash- and space-efficient Bloom filters", 2007). One is filled; when it is full, or was
// filled for twelve hours, the older one is emptied and filled next. So what was not there for a
// day is forgotten, sooner where there is much. One thread at a time.
#ifndef WEIR_DETECT_SEEN_H
#define WEIR_DETECT_SEEN_H

#include <stdbool.h>
#include <stdint.h>

struct seen;

int seen_create(struct seen **seen); // 0 or -ENOMEM; *seen is untouched then
void seen_free(struct seen *seen);   // may be NULL

// Whether a keyed hash was added before; one in a thousand that was not is taken for one that was.
bool seen_has(const struct seen *seen, uint64_t hash);

// Adds it, and tells whether it was there.
bool seen_add(struct seen *seen, uint64_t hash);

// Fetches what tells of a hash: for what comes soon.
void seen_prefetch(const struct seen *seen, uint64_t hash);

// Lets time pass.
void seen_turn(struct seen *seen, int64_t now_us);

#endif
