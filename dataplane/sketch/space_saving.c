// SPDX-License-Identifier: Apache-2.0
#include "dataplane/sketch/space_saving.h"

#include <errno.h>
#include <string.h>

#include "dataplane/base/memory.h"

static size_t counters_bytes(const struct space_saving *summary)
{
    return (size_t)summary->capacity * sizeof(*summary->counters);
}

static size_t heap_bytes(const struct space_saving *summary)
{
    return (size_t)summary->capacity * sizeof(*summary->heap);
}

int space_saving_init(struct space_saving *summary, uint32_t capacity, struct hash_secret secret,
                      struct error *err)
{
    struct space_saving made = {.capacity = capacity, .secret = secret};
    made.counters = memory_reserve(counters_bytes(&made), err);
    made.heap = memory_reserve(heap_bytes(&made), err);
    if (made.counters == NULL || made.heap == NULL ||
        key_index_init(&made.index, capacity, err) < 0) {
        memory_unmap(made.counters, counters_bytes(&made));
        memory_unmap(made.heap, heap_bytes(&made));
        return -ENOMEM;
    }
    *summary = made;
    return 0;
}

void space_saving_fini(struct space_saving *summary)
{
    memory_unmap(summary->counters, counters_bytes(summary));
    memory_unmap(summary->heap, heap_bytes(summary));
    key_index_fini(&summary->index);
}

static uint64_t count_at(const struct space_saving *summary, uint32_t place)
{
    return summary->counters[summary->heap[place]].count;
}

static void heap_put(struct space_saving *summary, uint32_t place, uint32_t entry)
{
    summary->heap[place] = entry;
    summary->counters[entry].place = place;
}

// The counter at `place` may be too great for it.
static void heap_sink(struct space_saving *summary, uint32_t place)
{
    uint32_t entry = summary->heap[place];
    uint64_t count = summary->counters[entry].count;
    for (uint32_t child; (child = 2 * place + 1) < summary->count; place = child) {
        if (child + 1 < summary->count && count_at(summary, child + 1) < count_at(summary, child)) {
            child++;
        }
        if (count_at(summary, child) >= count) {
            break;
        }
        heap_put(summary, place, summary->heap[child]);
    }
    heap_put(summary, place, entry);
}

static void heap_build(struct space_saving *summary)
{
    for (uint32_t entry = 0; entry < summary->count; entry++) {
        heap_put(summary, entry, entry);
    }
    for (uint32_t place = summary->count / 2; place-- > 0;) {
        heap_sink(summary, place);
    }
    summary->heaped = true;
}

static void replace_least(struct space_saving *summary, const void *key, uint32_t tag,
                          uint64_t weight)
{
    if (!summary->heaped) {
        heap_build(summary);
    }
    uint32_t entry = summary->heap[0];
    struct space_saving_counter *counter = &summary->counters[entry];
    key_index_remove(&summary->index, counter->tag, entry);
    memcpy(counter->key, key, sizeof(counter->key));
    counter->tag = tag;
    counter->error = counter->count;
    counter->count += weight;
    key_index_insert(&summary->index, tag, entry);
    heap_sink(summary, 0);
    summary->replacing = true;
}

void space_saving_add(struct space_saving *summary, const void *key, uint64_t weight)
{
    space_saving_add_tagged(summary, key, key_index_tag(key, summary->secret), weight);
}

void space_saving_add_tagged(struct space_saving *summary, const void *key, uint32_t tag,
                             uint64_t weight)
{
    uint32_t entry = key_index_find(&summary->index, summary->counters, key, tag);
    if (entry != KEY_INDEX_NONE) {
        summary->counters[entry].count += weight;
        if (summary->heaped) {
            heap_sink(summary, summary->counters[entry].place);
        }
    } else if (summary->count < summary->capacity) {
        struct space_saving_counter *counter = &summary->counters[summary->count];
        memcpy(counter->key, key, sizeof(counter->key));
        counter->tag = tag;
        counter->error = 0;
        counter->count = weight;
        key_index_insert(&summary->index, tag, summary->count++);
    } else {
        replace_least(summary, key, tag, weight);
    }
}

void space_saving_clear(struct space_saving *summary)
{
    for (uint32_t entry = 0; entry < summary->count; entry++) {
        key_index_empty_run(&summary->index, summary->counters[entry].tag);
    }
    summary->count = 0;
    summary->heaped = false;
    summary->replacing = false;
}
