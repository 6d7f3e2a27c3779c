// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/wheel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum {
    SLOT_MASK = WHEEL_SPAN_US - 1,
    SLOT_BITS = 10,
    WORD = 64,
    FULL = 15,
};

_Static_assert(WHEEL_SPAN_US == 1 << SLOT_BITS, "an entry has room for a slot");
_Static_assert(sizeof(struct wheel_chunk) == 64, "a cache line");

int wheel_init(struct wheel *wheel, int64_t now_us, uint32_t items)
{
    assert(items < WHEEL_ITEM_MAX);
    *wheel = (struct wheel){.now_us = now_us, .base_us = now_us & ~(int64_t)SLOT_MASK};
    wheel->slots = calloc(WHEEL_SPAN_US, sizeof(*wheel->slots));
    wheel->entries = calloc(items + 1, sizeof(*wheel->entries));
    wheel->spans = calloc(WHEEL_SPANS, sizeof(*wheel->spans));
    wheel->chunks = aligned_alloc(sizeof(*wheel->chunks),
                                  (items / FULL + WHEEL_SPANS + 2) * sizeof(*wheel->chunks));
    if (wheel->slots == NULL || wheel->entries == NULL || wheel->spans == NULL ||
        wheel->chunks == NULL) {
        wheel_fini(wheel);
        return -ENOMEM;
    }
    return 0;
}

void wheel_fini(struct wheel *wheel)
{
    free(wheel->slots);
    free(wheel->entries);
    free(wheel->spans);
    free(wheel->chunks);
    *wheel = (struct wheel){0};
}

static void slot_put(struct wheel *wheel, uint32_t item, uint32_t slot)
{
    uint32_t entry = wheel->entry_free;
    if (entry != 0) {
        wheel->entry_free = wheel->entries[entry].next;
    } else {
        entry = ++wheel->entry_used;
    }
    wheel->entries[entry] = (struct wheel_entry){item, wheel->slots[slot]};
    wheel->slots[slot] = entry;
    wheel->taken[slot / WORD] |= UINT64_C(1) << slot % WORD;
}

static void span_put(struct wheel *wheel, struct wheel_span *span, uint32_t packed)
{
    if (span->chunk == 0 || span->fill == FULL) {
        uint32_t chunk = wheel->chunk_free;
        if (chunk != 0) {
            wheel->chunk_free = wheel->chunks[chunk].next;
        } else {
            chunk = ++wheel->chunk_used;
        }
        wheel->chunks[chunk].next = span->chunk;
        *span = (struct wheel_span){.chunk = chunk};
    }
    wheel->chunks[span->chunk].packed[span->fill++] = packed;
}

void wheel_put(struct wheel *wheel, uint32_t item, int64_t at_us)
{
    assert(at_us >= wheel->now_us && at_us < wheel->now_us + WHEEL_AHEAD_US);
    uint32_t slot = (uint32_t)(at_us & SLOT_MASK);
    wheel->waiting++;
    if (at_us < wheel->base_us + WHEEL_SPAN_US) {
        slot_put(wheel, item, slot);
    } else {
        struct wheel_span *span = &wheel->spans[at_us >> SLOT_BITS & (WHEEL_SPANS - 1)];
        span_put(wheel, span, item << SLOT_BITS | slot);
    }
}

// Puts what the next millisecond has into the slots, which are empty.
static void span_begin(struct wheel *wheel)
{
    wheel->base_us += WHEEL_SPAN_US;
    struct wheel_span *span = &wheel->spans[wheel->base_us >> SLOT_BITS & (WHEEL_SPANS - 1)];
    while (span->chunk != 0) {
        struct wheel_chunk *chunk = &wheel->chunks[span->chunk];
        uint32_t next = chunk->next;
        for (uint32_t i = 0; i < span->fill; i++) {
            slot_put(wheel, chunk->packed[i] >> SLOT_BITS, chunk->packed[i] & SLOT_MASK);
        }
        chunk->next = wheel->chunk_free;
        wheel->chunk_free = span->chunk;
        *span = (struct wheel_span){.chunk = next, .fill = FULL};
    }
    wheel->ahead_slot = 0;
    wheel->ahead_entry = 0;
}

// The first slot from that one on which has something; WHEEL_SPAN_US where none has.
static uint32_t slot_seek(const struct wheel *wheel, uint32_t slot)
{
    uint64_t word = slot < WHEEL_SPAN_US ? wheel->taken[slot / WORD] >> slot % WORD : 0;
    if (word != 0) {
        return slot + (uint32_t)__builtin_ctzll(word);
    }
    for (uint32_t i = slot / WORD + 1; i < WHEEL_SPAN_US / WORD; i++) {
        if (wheel->taken[i] != 0) {
            return i * WORD + (uint32_t)__builtin_ctzll(wheel->taken[i]);
        }
    }
    return WHEEL_SPAN_US;
}

int64_t wheel_seek(struct wheel *wheel, int64_t until_us)
{
    for (;;) {
        uint32_t slot = slot_seek(wheel, (uint32_t)(wheel->now_us - wheel->base_us));
        int64_t at_us = wheel->base_us + slot;
        if (at_us >= until_us) {
            wheel->now_us = until_us;
            return -1;
        }
        wheel->now_us = at_us;
        if (slot < WHEEL_SPAN_US) {
            return at_us;
        }
        span_begin(wheel);
    }
}

uint32_t wheel_take(struct wheel *wheel)
{
    uint32_t slot = (uint32_t)(wheel->now_us - wheel->base_us);
    uint32_t number = wheel->slots[slot];
    struct wheel_entry *entry = &wheel->entries[number];
    wheel->slots[slot] = entry->next;
    if (entry->next == 0) {
        wheel->taken[slot / WORD] &= ~(UINT64_C(1) << slot % WORD);
    }
    entry->next = wheel->entry_free;
    wheel->entry_free = number;
    wheel->waiting--;
    return entry->item;
}

// Of slots behind now_us only: what waits there stays where it is while it is looked at.
uint32_t wheel_ahead(struct wheel *wheel)
{
    uint32_t next = (uint32_t)(wheel->now_us - wheel->base_us) + 1;
    uint32_t entry = wheel->ahead_entry;
    if (entry == 0 || wheel->ahead_slot <= next) {
        uint32_t slot = slot_seek(wheel, wheel->ahead_slot < next ? next : wheel->ahead_slot);
        if (slot == WHEEL_SPAN_US) {
            return WHEEL_NONE;
        }
        wheel->ahead_slot = slot + 1;
        entry = wheel->slots[slot];
    }
    wheel->ahead_entry = wheel->entries[entry].next;
    return wheel->entries[entry].item;
}
