// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/wheel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLOT_MASK = WHEEL_SPAN_US - 1,
    SLOT_BITS = 10,
    WORD = 64,
    FULL = 63,
    LINE = 64,
};

_Static_assert(WHEEL_SPAN_US == 1 << SLOT_BITS, "an entry has room for a slot");
_Static_assert(sizeof(struct wheel_chunk) % LINE == 0, "whole cache lines");

int wheel_init(struct wheel *wheel, int64_t now_us, uint32_t items)
{
    assert(items < WHEEL_ITEM_MAX);
    *wheel = (struct wheel){.now_us = now_us, .base_us = now_us & ~(int64_t)SLOT_MASK};
    wheel->sorted = calloc(items + 1, sizeof(*wheel->sorted));
    wheel->ends = calloc(WHEEL_SPAN_US, sizeof(*wheel->ends));
    wheel->slots = calloc(WHEEL_SPAN_US, sizeof(*wheel->slots));
    wheel->entries = calloc(items + 1, sizeof(*wheel->entries));
    wheel->spans = calloc(WHEEL_SPANS, sizeof(*wheel->spans));
    wheel->chunks = aligned_alloc(sizeof(*wheel->chunks),
                                  (items / FULL + WHEEL_SPANS + 2) * sizeof(*wheel->chunks));
    if (wheel->sorted == NULL || wheel->ends == NULL || wheel->slots == NULL ||
        wheel->entries == NULL || wheel->spans == NULL || wheel->chunks == NULL) {
        wheel_fini(wheel);
        return -ENOMEM;
    }
    return 0;
}

void wheel_fini(struct wheel *wheel)
{
    free(wheel->sorted);
    free(wheel->ends);
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

// Into the cache, while the one before it is read.
static void chunk_fetch(const struct wheel *wheel, uint32_t chunk)
{
    const char *at = (const char *)&wheel->chunks[chunk];
    for (size_t i = 0; i < sizeof(struct wheel_chunk); i += LINE) {
        __builtin_prefetch(at + i);
    }
}

// How many there are of each slot, and from that where each one begins.
static void ends_count(struct wheel *wheel, const struct wheel_span *span)
{
    uint32_t fill = span->fill;
    memset(wheel->ends, 0, WHEEL_SPAN_US * sizeof(*wheel->ends));
    for (uint32_t at = span->chunk; at != 0; at = wheel->chunks[at].next, fill = FULL) {
        chunk_fetch(wheel, wheel->chunks[at].next);
        for (uint32_t i = 0; i < fill; i++) {
            wheel->ends[wheel->chunks[at].packed[i] & SLOT_MASK]++;
        }
    }
    uint32_t begin = 0;
    for (uint32_t word = 0; word < WHEEL_SPAN_US / WORD; word++) {
        uint32_t *ends = &wheel->ends[word * WORD];
        uint64_t taken = 0;
        for (uint32_t i = 0; i < WORD; i++) {
            uint32_t count = ends[i];
            ends[i] = begin;
            begin += count;
            taken |= (uint64_t)(count > 0) << i;
        }
        wheel->taken[word] = taken;
    }
    wheel->sorted_at = 0;
    wheel->sorted_count = begin;
}

// Sorts what the next millisecond has into the slots, which are empty.
static void span_begin(struct wheel *wheel)
{
    wheel->base_us += WHEEL_SPAN_US;
    wheel->entry_used = 0;
    wheel->entry_free = 0;
    struct wheel_span *span = &wheel->spans[wheel->base_us >> SLOT_BITS & (WHEEL_SPANS - 1)];
    ends_count(wheel, span);
    while (span->chunk != 0) {
        struct wheel_chunk *chunk = &wheel->chunks[span->chunk];
        uint32_t next = chunk->next;
        for (uint32_t i = 0; i < span->fill; i++) {
            uint32_t packed = chunk->packed[i];
            wheel->sorted[wheel->ends[packed & SLOT_MASK]++] = packed >> SLOT_BITS;
        }
        chunk->next = wheel->chunk_free;
        wheel->chunk_free = span->chunk;
        *span = (struct wheel_span){.chunk = next, .fill = FULL};
    }
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
    uint32_t item;
    if (number != 0) {
        struct wheel_entry *entry = &wheel->entries[number];
        item = entry->item;
        wheel->slots[slot] = entry->next;
        entry->next = wheel->entry_free;
        wheel->entry_free = number;
    } else {
        item = wheel->sorted[wheel->sorted_at++];
    }
    if (wheel->slots[slot] == 0 && wheel->sorted_at == wheel->ends[slot]) {
        wheel->taken[slot / WORD] &= ~(UINT64_C(1) << slot % WORD);
    }
    wheel->waiting--;
    return item;
}
