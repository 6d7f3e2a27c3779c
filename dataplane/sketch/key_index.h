// SPDX-License-Identifier: Apache-2.0
// Finds entries of an array by their keys: an open-addressed table of indices that is never more
// than half full. An entry is 64 octets and begins with its key; half of the key's hash, its tag,
// stands beside the index and spares the look at nearly every entry that is not the one.
#ifndef WEIR_SKETCH_KEY_INDEX_H
#define WEIR_SKETCH_KEY_INDEX_H

#include <stdint.h>
#include <string.h>

#include "dataplane/base/error.h"
#include "dataplane/base/hash.h"

enum { KEY_INDEX_KEY_BYTES = 40, KEY_INDEX_ENTRY_BYTES = 64, KEY_INDEX_MAX = 1 << 30 };
#define KEY_INDEX_NONE UINT32_MAX

// Octets that the index takes for each entry, beside the entry.
enum { KEY_INDEX_BYTES = 16 };

struct key_index {
    uint64_t *slots; // tag in the upper half, entry + 1 in the lower; 0: empty
    uint32_t slot_count;
};

// Room for `entries`, from 1 to KEY_INDEX_MAX. 0, or -ENOMEM with a message.
int key_index_init(struct key_index *index, uint32_t entries, struct error *err);
void key_index_fini(struct key_index *index);

static inline uint32_t key_index_tag(const void *key, struct hash_secret secret)
{
    return (uint32_t)(hash_bytes(key, KEY_INDEX_KEY_BYTES, secret) >> 32);
}

static inline uint32_t key_index_home(const struct key_index *index, uint32_t tag)
{
    return (uint32_t)(((uint64_t)tag * index->slot_count) >> 32);
}

static inline uint32_t key_index_next(const struct key_index *index, uint32_t slot)
{
    return slot + 1 < index->slot_count ? slot + 1 : 0;
}

// The entry of a key among `entries`, or KEY_INDEX_NONE.
static inline uint32_t key_index_find(const struct key_index *index, const void *entries,
                                      const void *key, uint32_t tag)
{
    uint32_t slot = key_index_home(index, tag);
    for (; index->slots[slot] != 0; slot = key_index_next(index, slot)) {
        uint64_t held = index->slots[slot];
        uint32_t entry = (uint32_t)held - 1;
        const char *at = (const char *)entries + (size_t)entry * KEY_INDEX_ENTRY_BYTES;
        if (held >> 32 == tag && memcmp(at, key, KEY_INDEX_KEY_BYTES) == 0) {
            return entry;
        }
    }
    return KEY_INDEX_NONE;
}

// The two steps of a look for a key, taken ahead of it for many keys, so that their memory comes
// together: first the slot of its tag, then the entry that stands there.
static inline void key_index_fetch_slot(const struct key_index *index, uint32_t tag)
{
    __builtin_prefetch(&index->slots[key_index_home(index, tag)]);
}

static inline void key_index_fetch_entry(const struct key_index *index, const void *entries,
                                         uint32_t tag)
{
    uint64_t held = index->slots[key_index_home(index, tag)];
    if (held != 0) {
        size_t entry = (uint32_t)held - 1;
        __builtin_prefetch((const char *)entries + entry * KEY_INDEX_ENTRY_BYTES);
    }
}

// Adds an entry whose key is not there yet; there must be room.
void key_index_insert(struct key_index *index, uint32_t tag, uint32_t entry);

// Takes an entry out, which must be there.
void key_index_remove(struct key_index *index, uint32_t tag, uint32_t entry);

// Empties the run of slots that begins at a tag's home. Done for all entries it empties the index;
// after the first and before the last nothing is found reliably.
void key_index_empty_run(struct key_index *index, uint32_t tag);

#endif
