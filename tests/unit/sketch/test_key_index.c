// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/sketch/key_index.h"
#include "tests/unit/base/random.h"

enum { ENTRIES_MAX = 64 };

struct entry {
    uint8_t key[KEY_INDEX_KEY_BYTES];
    uint8_t rest[KEY_INDEX_ENTRY_BYTES - KEY_INDEX_KEY_BYTES];
};

static struct entry entries[ENTRIES_MAX];

static void entries_make(void)
{
    memset(entries, 0, sizeof(entries));
    for (uint32_t i = 0; i < ENTRIES_MAX; i++) {
        entries[i].key[KEY_INDEX_KEY_BYTES - 1] = (uint8_t)i; // told apart by the last octet alone
    }
}

// Tags of few values, at the ends and in the middle, so that runs collide and go round the end.
static uint32_t tag_of(uint32_t entry, unsigned tags)
{
    static const uint32_t some[] = {UINT32_MAX, 0, UINT32_C(1) << 31, UINT32_MAX - 1, 1};
    return some[entry % tags];
}

static void all_are_found_whatever_comes_and_goes(void **state)
{
    (void)state;
    struct random random = {.state = 5};
    entries_make();
    for (unsigned tags = 1; tags <= 5; tags++) {
        for (uint32_t room = 1; room <= ENTRIES_MAX; room = room * 3 / 2 + 1) {
            struct key_index index;
            assert_int_equal(key_index_init(&index, room, NULL), 0);
            bool there[ENTRIES_MAX] = {false};
            for (unsigned step = 0; step < 1000; step++) {
                uint32_t entry = (uint32_t)random_below(&random, room);
                if (there[entry]) {
                    key_index_remove(&index, tag_of(entry, tags), entry);
                } else {
                    key_index_insert(&index, tag_of(entry, tags), entry);
                }
                there[entry] = !there[entry];
                for (uint32_t i = 0; i < room; i++) {
                    uint32_t found =
                        key_index_find(&index, entries, entries[i].key, tag_of(i, tags));
                    assert_int_equal(found, there[i] ? i : KEY_INDEX_NONE);
                }
            }
            for (uint32_t i = 0; i < room; i++) {
                if (there[i]) {
                    key_index_empty_run(&index, tag_of(i, tags));
                }
            }
            for (uint32_t slot = 0; slot < index.slot_count; slot++) {
                assert_true(index.slots[slot] == 0);
            }
            key_index_fini(&index);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_found_whatever_comes_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
