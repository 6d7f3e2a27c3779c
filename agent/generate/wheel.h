// SPDX-License-Identifier: Apache-2.0
// A calendar of microseconds. What is due within a millisecond lies in slots of a microsecond each;
// what comes later in lists of a millisecond each, in which nothing is ordered yet. Putting
// something far off is a store behind others that were put there lately, and when its millisecond
// comes it is read along with its neighbours: neither waits for memory, however many wait.
#ifndef WEIR_GENERATE_WHEEL_H
#define WEIR_GENERATE_WHEEL_H

#include <stdint.h>

enum {
    WHEEL_SPAN_US = 1024,                               // a power of two
    WHEEL_SPANS = 1024,                                 // likewise
    WHEEL_AHEAD_US = WHEEL_SPAN_US * (WHEEL_SPANS - 1), // what is put lies less ahead
    WHEEL_NONE = 0,                                     // items are numbered from 1
    WHEEL_ITEM_MAX = 1 << 21,
};

struct wheel_entry {
    uint32_t item;
    uint32_t next; // of its slot, or of the free ones
};

// Some of what is due in a millisecond.
struct wheel_chunk {
    uint32_t next;
    uint32_t packed[63]; // item and microsecond
};

struct wheel {
    int64_t now_us;   // nothing waits before
    int64_t base_us;  // of the slots, a multiple of WHEEL_SPAN_US
    uint64_t waiting; // items

    // Of the slots: what came of their list, sorted, and what was put since.
    uint64_t taken[WHEEL_SPAN_US / 64]; // a bit for each slot that has some
    uint32_t *sorted;
    uint32_t sorted_at; // the first that waits yet
    uint32_t sorted_count;
    uint32_t *ends;  // where each slot ends, in `sorted`
    uint32_t *slots; // first entry of each of what was put since
    struct wheel_entry *entries;
    uint32_t entry_free;
    uint32_t entry_used; // in this millisecond

    struct wheel_span {
        uint32_t chunk; // the one that is being filled
        uint32_t fill;
    } * spans;
    struct wheel_chunk *chunks;
    uint32_t chunk_free;
    uint32_t chunk_used;
};

// For items up to `items`, each of which waits once at most. 0, or -ENOMEM.
int wheel_init(struct wheel *wheel, int64_t now_us, uint32_t items);
void wheel_fini(struct wheel *wheel);

// Puts an item at a time from now_us on.
void wheel_put(struct wheel *wheel, uint32_t item, int64_t at_us);

// The microsecond of the earliest item before `until_us`, which becomes now_us; -1, with now_us at
// until_us, where there is none.
int64_t wheel_seek(struct wheel *wheel, int64_t until_us);

// Takes out an item of now_us. There is one: wheel_seek has found it.
uint32_t wheel_take(struct wheel *wheel);

// An item that is taken some `further` from now, to fetch what belongs to it into the cache.
// WHEEL_NONE: not known.
static inline uint32_t wheel_ahead(const struct wheel *wheel, uint32_t further)
{
    uint32_t at = wheel->sorted_at + further;
    return at < wheel->sorted_count ? wheel->sorted[at] : WHEEL_NONE;
}

#endif
