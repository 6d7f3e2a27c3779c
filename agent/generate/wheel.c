// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/wheel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { SLOT_MASK = WHEEL_SLOTS - 1, WORD = 64 };

int wheel_init(struct wheel *wheel, int64_t now_us)
{
    *wheel = (struct wheel){.now_us = now_us};
    wheel->slots = calloc(WHEEL_SLOTS, sizeof(*wheel->slots));
    wheel->taken = calloc(WHEEL_SLOTS / WORD, sizeof(*wheel->taken));
    if (wheel->slots == NULL || wheel->taken == NULL) {
        wheel_fini(wheel);
        return -ENOMEM;
    }
    return 0;
}

void wheel_fini(struct wheel *wheel)
{
    free(wheel->slots);
    free(wheel->taken);
    *wheel = (struct wheel){0};
}

void wheel_put(struct wheel *wheel, uint32_t item, uint32_t *next, int64_t at_us)
{
    assert(at_us >= wheel->now_us && at_us < wheel->now_us + WHEEL_SLOTS);
    uint32_t slot = (uint32_t)(at_us & SLOT_MASK);
    *next = wheel->slots[slot];
    wheel->slots[slot] = item;
    wheel->taken[slot / WORD] |= UINT64_C(1) << slot % WORD;
    wheel->waiting++;
}

int64_t wheel_seek(struct wheel *wheel, int64_t until_us)
{
    while (wheel->now_us < until_us) {
        uint32_t slot = (uint32_t)(wheel->now_us & SLOT_MASK);
        uint64_t word = wheel->taken[slot / WORD] >> slot % WORD;
        int64_t step = word != 0 ? __builtin_ctzll(word) : WORD - (int)(slot % WORD);
        if (word != 0 && wheel->now_us + step < until_us) {
            wheel->now_us += step;
            return wheel->now_us;
        }
        wheel->now_us += step;
    }
    wheel->now_us = until_us;
    return -1;
}

void wheel_take(struct wheel *wheel, uint32_t next)
{
    uint32_t slot = (uint32_t)(wheel->now_us & SLOT_MASK);
    wheel->slots[slot] = next;
    if (next == WHEEL_NONE) {
        wheel->taken[slot / WORD] &= ~(UINT64_C(1) << slot % WORD);
    }
    wheel->waiting--;
}
