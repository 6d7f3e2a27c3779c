// SPDX-License-Identifier: Apache-2.0
#include "agent/series/sliding_window.h"

#include <errno.h>
#include <string.h>

#include "agent/series/cut.h"
#include "dataplane/base/memory.h"

enum sign { PLUS, MINUS };

static size_t keys_bytes(const struct sliding_window *window)
{
    return (size_t)window->options.keys * sizeof(*window->keys);
}

static size_t cells_bytes(const struct sliding_window *window)
{
    return (size_t)window->options.cells * sizeof(*window->cells);
}

// That of a ring with room for so many panes.
static uint32_t mask_for(uint32_t panes)
{
    uint32_t mask = 0;
    while (mask + 1 < panes) {
        mask = mask << 1 | 1;
    }
    return mask;
}

static size_t panes_bytes(const struct sliding_window *window)
{
    return ((size_t)mask_for(window->options.panes_max) + 1) * sizeof(*window->panes);
}

static size_t found_bytes(const struct sliding_window *window)
{
    return (size_t)window->options.pane_keys * sizeof(*window->found);
}

int sliding_window_init(struct sliding_window *window, const struct sliding_window_options *options,
                        struct error *err)
{
    *window = (struct sliding_window){.options = *options, .key_spare = RANKING_NONE};
    ranking_init(&window->ranking);
    sliding_window_resize(window, 1);
    if (key_index_init(&window->index, options->keys, err) < 0) {
        return -ENOMEM;
    }
    window->keys = memory_reserve(keys_bytes(window), err);
    window->cells = memory_reserve(cells_bytes(window), err);
    window->panes = memory_reserve(panes_bytes(window), err);
    window->found = memory_reserve(found_bytes(window), err);
    if (window->keys == NULL || window->cells == NULL || window->panes == NULL ||
        window->found == NULL) {
        sliding_window_fini(window);
        return -ENOMEM;
    }
    return 0;
}

void sliding_window_fini(struct sliding_window *window)
{
    memory_unmap(window->keys, keys_bytes(window));
    memory_unmap(window->cells, cells_bytes(window));
    memory_unmap(window->panes, panes_bytes(window));
    memory_unmap(window->found, found_bytes(window));
    key_index_fini(&window->index);
}

static struct sliding_pane *pane_at(const struct sliding_window *window, uint32_t number)
{
    return &window->panes[number & window->pane_mask];
}

// Makes the ring no larger than it has to be: all of it is written to in time. The numbers of the
// panes follow each other, so that none moves to where another one stands.
static void panes_move(struct sliding_window *window, uint32_t mask)
{
    for (uint32_t i = 0; i < window->held; i++) {
        uint32_t number = window->oldest + i;
        if ((number & mask) != (number & window->pane_mask)) {
            window->panes[number & mask] = window->panes[number & window->pane_mask];
        }
    }
    window->pane_mask = mask;
}

void sliding_window_resize(struct sliding_window *window, uint32_t panes)
{
    if (panes == window->length) {
        return;
    }
    window->length = panes;
    panes_move(window, mask_for(panes > window->held ? panes : window->held));
    quota_init(&window->cell_quota, window->options.cells, panes);
    quota_init(&window->key_quota, window->options.keys, panes);
    for (uint32_t i = 0; i < window->held; i++) {
        const struct sliding_pane *pane = pane_at(window, window->oldest + i);
        quota_change(&window->cell_quota, 0, pane->cells);
        quota_change(&window->key_quota, 0, pane->keys);
    }
}

static_assert(sizeof(struct pane_loss) % sizeof(uint64_t) == 0, "counters and nothing else");

// Modulo 2^64, so that what was added is taken away by the same.
static void sums_change(struct sliding_window *window, const struct sliding_pane *pane,
                        enum sign sign)
{
    uint64_t factor = sign == PLUS ? 1 : UINT64_MAX;
    window->total += factor * pane->total;
    window->error += factor * pane->error;
    uint64_t *sums = (uint64_t *)&window->loss;
    const uint64_t *counters = (const uint64_t *)&pane->loss;
    for (size_t i = 0; i < sizeof(struct pane_loss) / sizeof(uint64_t); i++) {
        sums[i] += factor * counters[i];
    }
}

// A pane is the latest of one key more, or of one less.
static void keys_change(struct sliding_window *window, struct sliding_pane *pane, enum sign sign)
{
    uint32_t before = pane->keys;
    pane->keys = sign == PLUS ? before + 1 : before - 1;
    quota_change(&window->key_quota, before, pane->keys);
}

static void key_drop(struct sliding_window *window, uint32_t at)
{
    struct ranked_key *key = &window->keys[at];
    key_index_remove(&window->index, key->tag, at);
    keys_change(window, pane_at(window, key->pane), MINUS);
    key->next = window->key_spare;
    window->key_spare = at;
}

static void oldest_drop(struct sliding_window *window)
{
    struct sliding_pane *pane = pane_at(window, window->oldest);
    sums_change(window, pane, MINUS);
    for (uint32_t i = 0; i < pane->cells; i++) {
        const struct sliding_cell *cell = &window->cells[window->first_cell];
        uint64_t value = window->keys[cell->key].value - cell->value;
        ranking_set(&window->ranking, window->keys, cell->key, value);
        if (value == 0) {
            key_drop(window, cell->key);
        }
        window->first_cell =
            window->first_cell + 1 < window->options.cells ? window->first_cell + 1 : 0;
    }
    quota_change(&window->cell_quota, pane->cells, 0);
    window->oldest++;
    window->held--;
}

bool sliding_window_is_after(const struct sliding_window *window, int64_t start_us)
{
    return window->begun && window->latest_us >= start_us;
}

void sliding_window_drop(struct sliding_window *window, int64_t from_us)
{
    while (window->held > 0 && pane_at(window, window->oldest)->start_us < from_us) {
        oldest_drop(window);
    }
    if (window->from_us < from_us) {
        window->from_us = from_us;
    }
}

void sliding_window_clear(struct sliding_window *window)
{
    while (window->held > 0) {
        oldest_drop(window);
    }
    window->begun = false;
}

// The key of a counter, new where it was not found; its latest pane is `pane` from now on.
static uint32_t key_of(struct sliding_window *window, const struct space_saving_counter *counter,
                       uint32_t found, struct sliding_pane *pane)
{
    uint32_t at = found;
    if (found != KEY_INDEX_NONE) {
        keys_change(window, pane_at(window, window->keys[at].pane), MINUS);
    } else {
        at = window->key_spare;
        if (at != RANKING_NONE) {
            window->key_spare = window->keys[at].next;
        } else {
            at = window->keys_made++;
        }
        struct ranked_key *key = &window->keys[at];
        memcpy(key->key, counter->key, sizeof(key->key));
        key->value = 0;
        key->tag = counter->tag;
        key_index_insert(&window->index, key->tag, at);
    }
    window->keys[at].pane = window->oldest + window->held;
    keys_change(window, pane, PLUS);
    return at;
}

static uint64_t value_of(const struct space_saving_counter *counter)
{
    return counter->count - counter->error;
}

struct cuts {
    struct cut all;
    struct cut new; // keys, among those that `all` keeps
};

static bool cuts_keep(struct cuts *cuts, const struct space_saving_counter *counter, uint32_t found)
{
    unsigned bucket = ranking_bucket(value_of(counter));
    return cut_keeps(&cuts->all, bucket) &&
           (found != KEY_INDEX_NONE || cut_keeps(&cuts->new, bucket));
}

// Looks for the counters' keys and says which counters find room.
static struct cuts cuts_find(struct sliding_window *window, const struct space_saving *summary)
{
    uint32_t all[RANKING_BUCKETS] = {0};
    uint32_t new[RANKING_BUCKETS] = {0};
    for (uint32_t i = 0; i < summary->count; i++) {
        const struct space_saving_counter *counter = &summary->counters[i];
        window->found[i] = key_index_find(&window->index, window->keys, counter->key, counter->tag);
        all[ranking_bucket(value_of(counter))]++;
    }
    struct cuts cuts = {.all = cut_make(all, quota_of_next(&window->cell_quota))};
    struct cut kept = cuts.all;
    for (uint32_t i = 0; i < summary->count; i++) {
        unsigned bucket = ranking_bucket(value_of(&summary->counters[i]));
        new[bucket] += cut_keeps(&kept, bucket) && window->found[i] == KEY_INDEX_NONE;
    }
    cuts.new = cut_make(new, quota_of_next(&window->key_quota));
    return cuts;
}

static void cells_add(struct sliding_window *window, struct sliding_pane *pane,
                      const struct space_saving *summary)
{
    struct cuts cuts = cuts_find(window, summary);
    uint64_t next = (uint64_t)window->first_cell + window->cell_quota.used;
    for (uint32_t i = 0; i < summary->count; i++) {
        const struct space_saving_counter *counter = &summary->counters[i];
        if (!cuts_keep(&cuts, counter, window->found[i])) {
            pane->error = counter->count > pane->error ? counter->count : pane->error;
            continue;
        }
        uint32_t key = key_of(window, counter, window->found[i], pane);
        uint64_t value = value_of(counter);
        window->cells[next++ % window->options.cells] =
            (struct sliding_cell){.key = key, .value = value};
        ranking_set(&window->ranking, window->keys, key, window->keys[key].value + value);
        pane->cells++;
    }
    quota_change(&window->cell_quota, 0, pane->cells);
}

void sliding_window_add(struct sliding_window *window, const struct sliding_pane *pane,
                        const struct space_saving *summary)
{
    while (window->held >= window->length) { // panes that overlap
        oldest_drop(window);
        window->from_us = pane_at(window, window->oldest)->start_us;
    }
    if (!window->begun) {
        window->from_us = pane->start_us;
        window->begun = true;
    }
    window->latest_us = pane->start_us;
    struct sliding_pane *added = pane_at(window, window->oldest + window->held);
    *added = *pane;
    added->error = space_saving_error(summary);
    added->cells = 0;
    added->keys = 0;
    cells_add(window, added, summary);
    sums_change(window, added, PLUS);
    window->held++;
}
