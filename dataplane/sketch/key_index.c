// SPDX-License-Identifier: Apache-2.0
#include "dataplane/sketch/key_index.h"

#include <errno.h>

#include "dataplane/base/memory.h"

int key_index_init(struct key_index *index, uint32_t entries, struct error *err)
{
    uint32_t slot_count = entries * 2;
    uint64_t *slots = memory_reserve((size_t)slot_count * sizeof(*slots), err);
    if (slots == NULL) {
        return -ENOMEM;
    }
    *index = (struct key_index){.slots = slots, .slot_count = slot_count};
    return 0;
}

void key_index_fini(struct key_index *index)
{
    memory_unmap(index->slots, (size_t)index->slot_count * sizeof(*index->slots));
}

void key_index_insert(struct key_index *index, uint32_t tag, uint32_t entry)
{
    uint32_t slot = key_index_home(index, tag);
    while (index->slots[slot] != 0) {
        slot = key_index_next(index, slot);
    }
    index->slots[slot] = (uint64_t)tag << 32 | (entry + 1);
}

// How many slots it is from one slot on to another, round the end.
static uint32_t distance(const struct key_index *index, uint32_t from, uint32_t to)
{
    return to >= from ? to - from : to + index->slot_count - from;
}

// Linear probing without tombstones: what stands behind the hole moves into it wherever its own
// home allows (Knuth, volume 3, 6.4, algorithm R).
void key_index_remove(struct key_index *index, uint32_t tag, uint32_t entry)
{
    uint64_t held = (uint64_t)tag << 32 | (entry + 1);
    uint32_t hole = key_index_home(index, tag);
    while (index->slots[hole] != held) {
        hole = key_index_next(index, hole);
    }
    uint32_t slot = key_index_next(index, hole);
    for (; index->slots[slot] != 0; slot = key_index_next(index, slot)) {
        uint32_t home = key_index_home(index, (uint32_t)(index->slots[slot] >> 32));
        if (distance(index, home, slot) >= distance(index, hole, slot)) {
            index->slots[hole] = index->slots[slot];
            hole = slot;
        }
    }
    index->slots[hole] = 0;
}

void key_index_empty_run(struct key_index *index, uint32_t tag)
{
    uint32_t slot = key_index_home(index, tag);
    for (; index->slots[slot] != 0; slot = key_index_next(index, slot)) {
        index->slots[slot] = 0;
    }
}
