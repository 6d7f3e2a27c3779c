// SPDX-License-Identifier: Apache-2.0
// Sums by key over the last panes, in bounded memory. A pane that comes is added and one that
// leaves is subtracted, so that the cost goes with what is in these two and never with the length
// of the window.
//
// Exact while the keys and the cells (a key's value in one pane) find room. What finds none is let
// go, the lightest first, and the pane remembers the most that a key of it may be short of: errors
// of panes add up to that of the window, as with all mergeable summaries (Agarwal et al.,
// "Mergeable summaries", 2013). A value is never too high. Totals are exact always.
//
// Any one thread.
#ifndef WEIR_SERIES_SLIDING_WINDOW_H
#define WEIR_SERIES_SLIDING_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/series/quota.h"
#include "agent/series/ranking.h"
#include "dataplane/base/error.h"
#include "dataplane/base/hash.h"
#include "dataplane/sketch/space_saving.h"
#include "dataplane/window/pane.h"

// A key's value in one pane.
struct sliding_cell {
    uint32_t key;
    uint64_t value;
} __attribute__((packed, aligned(4)));
static_assert(sizeof(struct sliding_cell) == 12, "what the room is reckoned with");

// Octets that a window takes for each key and, once, for each key of a pane.
enum {
    SLIDING_KEY_BYTES = sizeof(struct ranked_key) + KEY_INDEX_BYTES,
    SLIDING_FOUND_BYTES = sizeof(uint32_t),
};

struct sliding_pane {
    int64_t start_us;
    uint64_t total;
    uint64_t error; // no key has had more than its cell's value (0 where it has none) plus this
    struct pane_loss loss;
    uint32_t cells; // sliding_window's: that it has
    uint32_t keys;  // whose latest pane this is
};

struct sliding_window_options {
    uint32_t pane_keys; // most that a pane brings
    uint32_t keys;      // most in the window
    uint32_t cells;
    uint32_t panes_max;        // most that can ever be in the window, up to 2^31
    struct hash_secret secret; // of the summaries that are added
};

// To be read: what `ranking` says of `keys`, and the sums over the panes of the window.
struct sliding_window {
    struct ranking ranking;
    struct ranked_key *keys;
    uint64_t total;
    uint64_t error;
    struct pane_loss loss;
    int64_t from_us;   // since when the sums are of all there was
    bool begun;        // a pane has come: `from_us` and `latest_us` hold
    int64_t latest_us; // start of the latest pane
    uint32_t held;     // panes

    struct sliding_window_options options;
    struct key_index index;
    uint32_t keys_made;         // of `keys`, from the first on; those behind were never used
    uint32_t key_spare;         // first of those that are free again, linked by `next`
    struct sliding_pane *panes; // a ring, by number
    uint32_t pane_mask;
    uint32_t oldest;            // number of a pane; the next is `oldest + held`
    uint32_t length;            // panes that the window is long
    struct sliding_cell *cells; // a ring, in the order of the panes
    uint32_t first_cell;
    struct quota cell_quota;
    struct quota key_quota;
    uint32_t *found; // of each counter that is being added: its key, or KEY_INDEX_NONE
};

// A window of one pane. 0, or -ENOMEM with a message. Memory is there once it is used.
int sliding_window_init(struct sliding_window *window, const struct sliding_window_options *options,
                        struct error *err);
void sliding_window_fini(struct sliding_window *window);

// Makes it so many panes long, from 1 to panes_max. Nothing is dropped before the next pane comes.
void sliding_window_resize(struct sliding_window *window, uint32_t panes);

// Whether the latest pane starts then or later.
bool sliding_window_is_after(const struct sliding_window *window, int64_t start_us);

// Drops the panes that start before `from_us`.
void sliding_window_drop(struct sliding_window *window, int64_t from_us);

// Adds the next pane: start_us, total and loss of `pane`, and what `summary` has of its keys. What
// had to leave was dropped before.
void sliding_window_add(struct sliding_window *window, const struct sliding_pane *pane,
                        const struct space_saving *summary);

// Forgets all.
void sliding_window_clear(struct sliding_window *window);

#endif
