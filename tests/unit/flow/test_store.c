// SPDX-License-Identifier: Apache-2.0
// The parts of the flow table: index, timer, pool.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dataplane/flow/flow_index.h"
#include "dataplane/flow/flow_pool.h"
#include "dataplane/flow/flow_timer.h"
#include "tests/unit/base/random.h"

static struct flow_index index_made(uint32_t flows)
{
    struct flow_index index;
    struct error err = {0};
    assert_int_equal(flow_index_init(&index, flows, MEMORY_PAGES_NEVER, &err), 0);
    return index;
}

static bool bucket_holds(const struct flow_bucket *bucket, uint64_t hash, uint32_t slot)
{
    for (unsigned match = flow_bucket_match(bucket, hash); match != 0; match &= match - 1) {
        if (bucket->slot[__builtin_ctz(match)] == slot) {
            return true;
        }
    }
    return false;
}

// As flow_store_find does: the second bucket only where flows of the first stray.
static bool index_holds(const struct flow_index *index, uint64_t hash, uint32_t slot)
{
    const struct flow_bucket *first = flow_index_first(index, hash);
    return bucket_holds(first, hash, slot) ||
           (first->strays != 0 && bucket_holds(flow_index_second(index, hash), hash, slot));
}

static void buckets_check_empty(const struct flow_index *index)
{
    for (uint32_t i = 0; i < index->bucket_count; i++) {
        assert_int_equal(index->buckets[i].used, 0);
        assert_int_equal(index->buckets[i].strays, 0);
    }
}

// Hashes are those of colliding keys: told apart by their slots alone.
static void two_buckets_fill_and_empty(void **state)
{
    (void)state;
    static const struct {
        uint64_t hash;
        uint32_t room;
    } cases[] = {
        {UINT64_C(0x1000000080000000), 2 * FLOW_BUCKET_WAYS},
        {UINT64_C(0x8000000000000000), 2 * FLOW_BUCKET_WAYS},
        {UINT64_C(0xffffffff00000001), 2 * FLOW_BUCKET_WAYS},
        {UINT64_C(0x8000000080000000), FLOW_BUCKET_WAYS}, // its second bucket is its first
    };
    struct flow_index index = index_made(100);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t hash = cases[i].hash;
        for (uint32_t slot = 0; slot < cases[i].room; slot++) {
            assert_true(flow_index_insert(&index, hash, slot));
        }
        assert_false(flow_index_insert(&index, hash, cases[i].room));
        for (uint32_t slot = 0; slot < cases[i].room; slot++) {
            assert_true(index_holds(&index, hash, slot));
            flow_index_remove(&index, hash, slot);
            assert_false(index_holds(&index, hash, slot));
        }
        buckets_check_empty(&index);
    }
    flow_index_fini(&index);
}

static void tags_match_where_a_way_is_used(void **state)
{
    (void)state;
    struct random random = {.state = 4};
    for (unsigned round = 0; round < 2000; round++) {
        struct flow_bucket bucket __attribute__((aligned(64))) = {0};
        uint64_t hash = random_below(&random, 3); // few tags, zero among them
        unsigned expected = 0;
        bucket.used = (uint16_t)random_below(&random, 1 << FLOW_BUCKET_WAYS);
        bucket.strays = (uint16_t)hash; // what lies beside the tags is none
        for (unsigned way = 0; way < FLOW_BUCKET_WAYS; way++) {
            bucket.tag[way] = (uint16_t)random_below(&random, 3);
            bucket.slot[way] = (uint32_t)hash;
            expected |= (bucket.tag[way] == hash ? bucket.used & 1u << way : 0);
        }
        assert_int_equal(flow_bucket_match(&bucket, hash), expected);
    }
}

static void flows_stay_found_while_others_come_and_go(void **state)
{
    (void)state;
    enum { FLOWS = 3000, STEPS = 100000 };
    struct flow_index index = index_made(FLOWS);
    struct random random = {.state = 5};
    uint64_t *hashes = calloc(FLOWS, sizeof(*hashes)); // by slot; 0: free
    for (unsigned step = 0; step < STEPS; step++) {
        uint32_t slot = (uint32_t)random_below(&random, FLOWS);
        if (hashes[slot] == 0) {
            hashes[slot] = random_next(&random);
            assert_true(flow_index_insert(&index, hashes[slot], slot));
        } else if (random_below(&random, 4) == 0) { // most of the time nearly full
            assert_true(index_holds(&index, hashes[slot], slot));
            flow_index_remove(&index, hashes[slot], slot);
            hashes[slot] = 0;
        }
    }
    for (uint32_t slot = 0; slot < FLOWS; slot++) {
        if (hashes[slot] != 0) {
            assert_true(index_holds(&index, hashes[slot], slot));
            flow_index_remove(&index, hashes[slot], slot);
        }
    }
    buckets_check_empty(&index);
    free(hashes);
    flow_index_fini(&index);
}

#define TICK   (INT64_C(1) << FLOW_TIMER_TICK_SHIFT)
#define ORIGIN INT64_C(1700000000000000)
#define FAR    INT64_MAX

static struct flow_timer timer_made(uint32_t slots)
{
    struct flow_timer timer = {.started = true, .origin_us = ORIGIN};
    struct error err = {0};
    assert_int_equal(flow_timer_init(&timer, slots, MEMORY_PAGES_NEVER, &err), 0);
    return timer;
}

// Slot 0 has a deadline; is it among the due ones at a moment? Never missing once the deadline has
// passed; at most a tick early.
static const struct due_case {
    const char *name;
    int64_t deadline_us, now_us;
    bool due;
} due_cases[] = {
    {"a tick before", ORIGIN + 5 * TICK, ORIGIN + 5 * TICK - 1, false},
    {"at the deadline's tick", ORIGIN + 5 * TICK, ORIGIN + 5 * TICK, true},
    {"early within the tick", ORIGIN + 6 * TICK - 1, ORIGIN + 5 * TICK, true},
    {"just after, at a tick's end", ORIGIN + 5 * TICK - 1, ORIGIN + 5 * TICK, true},
    {"long after", ORIGIN + 5 * TICK, ORIGIN + 500000 * TICK, true},
    {"a deadline before the origin", ORIGIN - 7 * TICK, ORIGIN, true},
    {"both before the origin", ORIGIN - 7 * TICK, ORIGIN - 6 * TICK, true},
    {"now before the origin", ORIGIN + 5 * TICK, ORIGIN - 5 * TICK, false},
    {"now long before the origin", ORIGIN + 5 * TICK, INT64_MIN, false},
    {"the end of time has come", ORIGIN + 5 * TICK, FAR, true},
    {"a deadline past the last tick, now", FAR, ORIGIN + 5 * TICK, false},
    {"a deadline past the last tick, then", FAR, FAR, true},
};

static void slots_are_due_in_time(void **state)
{
    const struct due_case *due = *state;
    struct flow_timer timer = timer_made(1);
    uint32_t slots[FLOW_TIMER_BLOCK];
    assert_int_equal(flow_timer_due(&timer, 0, FAR, slots), 0);
    flow_timer_set(&timer, 0, due->deadline_us);
    for (unsigned again = 0; again < 2; again++) { // as when the caller sets the same time again
        assert_int_equal(flow_timer_due(&timer, 0, due->now_us, slots), due->due ? 1 : 0);
        if (due->due) {
            assert_int_equal(slots[0], 0);
            flow_timer_set(&timer, 0, due->deadline_us);
        }
    }
    flow_timer_clear(&timer, 0);
    assert_int_equal(flow_timer_due(&timer, 0, FAR, slots), 0);
    flow_timer_fini(&timer);
}

static void timers_agree_with_a_plain_list(void **state)
{
    (void)state;
    enum { SLOTS = 3 * FLOW_TIMER_BLOCK + 17, STEPS = 4000 };
    struct flow_timer timer = timer_made(SLOTS);
    struct random random = {.state = 6};
    int64_t *deadlines = calloc(SLOTS, sizeof(*deadlines)); // 0: none
    for (unsigned step = 0; step < STEPS; step++) {
        uint32_t slot = (uint32_t)random_below(&random, SLOTS);
        deadlines[slot] =
            random_below(&random, 5) == 0 ? 0 : ORIGIN + (int64_t)random_below(&random, 50) * TICK;
        if (deadlines[slot] == 0) {
            flow_timer_clear(&timer, slot);
        } else {
            flow_timer_set(&timer, slot, deadlines[slot]);
        }
        if (step % 20 != 0) {
            continue;
        }
        int64_t now_us = ORIGIN + (int64_t)random_below(&random, 50) * TICK;
        uint32_t block = (uint32_t)random_below(&random, timer.blocks);
        uint32_t due[FLOW_TIMER_BLOCK];
        uint32_t count = flow_timer_due(&timer, block, now_us, due);
        uint32_t found = 0;
        for (uint32_t at = block * FLOW_TIMER_BLOCK; at < SLOTS; at++) {
            if (at / FLOW_TIMER_BLOCK == block && deadlines[at] != 0 && deadlines[at] <= now_us) {
                assert_true(found < count);
                assert_int_equal(due[found++], at);
                deadlines[at] = ORIGIN + 60 * TICK;
                flow_timer_set(&timer, at, deadlines[at]);
            }
        }
        assert_int_equal(count, found);
    }
    assert_int_equal(timer.blocks, 4);
    free(deadlines);
    flow_timer_fini(&timer);
}

// What a sweep is cheap by: written behind the timer's back, a due slot in there is not seen.
static void blocks_with_nothing_due_are_not_looked_at(void **state)
{
    (void)state;
    struct flow_timer timer = timer_made(2 * FLOW_TIMER_BLOCK);
    uint32_t slots[FLOW_TIMER_BLOCK];
    flow_timer_set(&timer, 3, ORIGIN + 9 * TICK);
    flow_timer_set(&timer, FLOW_TIMER_BLOCK + 3, ORIGIN + 2 * TICK);
    timer.due[4] = 0;
    assert_int_equal(flow_timer_due(&timer, 0, ORIGIN + 8 * TICK, slots), 0);
    assert_int_equal(flow_timer_due(&timer, 1, ORIGIN + 8 * TICK, slots), 1);
    assert_int_equal(slots[0], FLOW_TIMER_BLOCK + 3);
    assert_int_equal(flow_timer_due(&timer, 0, ORIGIN + 9 * TICK, slots), 2);
    flow_timer_fini(&timer);
}

static void a_pool_hands_out_each_place_once(void **state)
{
    (void)state;
    enum { PLACES = 5000 };
    struct flow_pool pool;
    struct error err = {0};
    assert_int_equal(flow_pool_init(&pool, PLACES, MEMORY_PAGES_NEVER, &err), 0);
    for (uint32_t place = 0; place < PLACES; place++) {
        assert_int_equal(flow_pool_take(&pool), place); // in rising order
    }
    assert_int_equal(flow_pool_take(&pool), FLOW_POOL_EMPTY);
    flow_pool_give(&pool, 7);
    flow_pool_give(&pool, 3);
    assert_int_equal(flow_pool_take(&pool), 3); // freed last, taken first
    assert_int_equal(flow_pool_take(&pool), 7);
    assert_int_equal(flow_pool_take(&pool), FLOW_POOL_EMPTY);
    flow_pool_fini(&pool);
}

int main(void)
{
    enum { DUE_CASES = sizeof(due_cases) / sizeof(due_cases[0]), OTHERS = 6 };
    struct CMUnitTest tests[OTHERS + DUE_CASES] = {
        cmocka_unit_test(two_buckets_fill_and_empty),
        cmocka_unit_test(tags_match_where_a_way_is_used),
        cmocka_unit_test(flows_stay_found_while_others_come_and_go),
        cmocka_unit_test(timers_agree_with_a_plain_list),
        cmocka_unit_test(blocks_with_nothing_due_are_not_looked_at),
        cmocka_unit_test(a_pool_hands_out_each_place_once),
    };
    for (size_t i = 0; i < DUE_CASES; i++) {
        tests[OTHERS + i] = (struct CMUnitTest){due_cases[i].name, slots_are_due_in_time, NULL,
                                                NULL, (void *)&due_cases[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
