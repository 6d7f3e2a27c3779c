// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILTERS = 2,
    LINES = 16384,     // 1 MiB a filter
    WORDS = 8,         // in a line
    BITS = 8,          // of a key
    CAPACITY = 500000, // keys of 16 bits each
};

#define TURN_US (INT64_C(12) * 3600 * 1000000)

struct seen {
    uint64_t lines[FILTERS][LINES][WORDS];
    unsigned filled; // which one
    uint32_t keys;   // in it
    int64_t since_us;
};

int seen_create(struct seen **seen)
{
    struct seen *made = aligned_alloc(64, (sizeof(*made) + 63) / 64 * 64);
    if (made == NULL) {
        return -ENOMEM;
    }
    memset(made, 0, sizeof(*made));
    *seen = made;
    return 0;
}

void seen_free(struct seen *seen)
{
    free(seen);
}

// One bit in each word of the line: six bits of the hash for each.
static void bits_of(uint64_t hash, uint64_t bits[WORDS])
{
    uint64_t rest = hash * UINT64_C(0x9e3779b97f4a7c15); // the hash itself chose the line
    for (unsigned i = 0; i < BITS; i++) {
        bits[i] = UINT64_C(1) << (rest & 63);
        rest >>= 7;
    }
}

static bool line_has(const uint64_t line[WORDS], const uint64_t bits[WORDS])
{
    uint64_t missing = 0;
    for (unsigned i = 0; i < WORDS; i++) {
        missing |= bits[i] & ~line[i];
    }
    return missing == 0;
}

static uint32_t line_of(uint64_t hash)
{
    return (uint32_t)(hash >> 40) % LINES;
}

void seen_prefetch(const struct seen *seen, uint64_t hash)
{
    uint32_t line = line_of(hash);
    __builtin_prefetch(seen->lines[seen->filled][line], 1);
}

bool seen_has(const struct seen *seen, uint64_t hash)
{
    uint64_t bits[WORDS];
    bits_of(hash, bits);
    uint32_t line = line_of(hash);
    return line_has(seen->lines[0][line], bits) || line_has(seen->lines[1][line], bits);
}

bool seen_add(struct seen *seen, uint64_t hash)
{
    uint64_t bits[WORDS];
    bits_of(hash, bits);
    uint64_t *line = seen->lines[seen->filled][line_of(hash)];
    if (line_has(line, bits)) {
        return true;
    }
    bool before = line_has(seen->lines[!seen->filled][line_of(hash)], bits);
    for (unsigned i = 0; i < WORDS; i++) {
        line[i] |= bits[i];
    }
    seen->keys++;
    return before;
}

void seen_turn(struct seen *seen, int64_t now_us)
{
    if (seen->since_us == 0) {
        seen->since_us = now_us;
    }
    if (seen->keys < CAPACITY && now_us - seen->since_us < TURN_US) {
        return;
    }
    seen->filled = !seen->filled;
    memset(seen->lines[seen->filled], 0, sizeof(seen->lines[0]));
    seen->keys = 0;
    seen->since_us = now_us;
}
