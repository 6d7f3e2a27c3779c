// SPDX-License-Identifier: Apache-2.0
// What is to happen in the next second, by microsecond: a calendar with one slot for each. A slot
// is a list through the items' `next`, so that putting and taking cost the same however many wait.
#ifndef WEIR_GENERATE_WHEEL_H
#define WEIR_GENERATE_WHEEL_H

#include <stdint.h>

enum {
    WHEEL_SLOTS = 1 << 20, // what is put lies less than so many microseconds ahead
    WHEEL_NONE = 0,        // items are numbered from 1
};

struct wheel {
    uint32_t *slots;  // first item of each
    uint64_t *taken;  // a bit for each slot that has some
    int64_t now_us;   // nothing waits before
    uint64_t waiting; // items
};

// 0, or -ENOMEM.
int wheel_init(struct wheel *wheel, int64_t now_us);
void wheel_fini(struct wheel *wheel);

// Puts an item at a time from now_us on; `next` is where its link lies.
void wheel_put(struct wheel *wheel, uint32_t item, uint32_t *next, int64_t at_us);

// The microsecond of the earliest item before `until_us`, which becomes now_us; -1, with now_us at
// until_us, where there is none.
int64_t wheel_seek(struct wheel *wheel, int64_t until_us);

// The first item of the slot of now_us. WHEEL_NONE: there is none.
static inline uint32_t wheel_first(const struct wheel *wheel)
{
    return wheel->slots[wheel->now_us & (WHEEL_SLOTS - 1)];
}

// Takes that one out; `next` is its link.
void wheel_take(struct wheel *wheel, uint32_t next);

#endif
