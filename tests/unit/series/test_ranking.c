// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/series/cut.h"
#include "agent/series/ranking.h"
#include "tests/unit/base/random.h"

enum { KEYS = 200 };

static void buckets_are_in_order_and_narrow(void **state)
{
    (void)state;
    struct random random = {.state = 1};
    for (unsigned bucket = 0; bucket < RANKING_BUCKETS; bucket++) {
        uint64_t floor = ranking_floor(bucket);
        assert_int_equal(ranking_bucket(floor), bucket);
        if (bucket > 0) {
            assert_int_equal(ranking_bucket(floor - 1), bucket - 1);
        }
    }
    assert_int_equal(ranking_bucket(UINT64_MAX), RANKING_BUCKETS - 1);
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t value = random_next(&random) >> random_below(&random, 64);
        uint64_t floor = ranking_floor(ranking_bucket(value));
        assert_true(floor <= value && value - floor <= floor / RANKING_STEPS);
    }
}

// Every key is in the list of its value's bucket, once, and in no other.
static void lists_check(const struct ranking *ranking, const struct ranked_key *keys)
{
    uint64_t count = 0;
    uint128 sum = 0;
    uint128 squares = 0;
    for (uint32_t i = 0; i < KEYS; i++) {
        count += keys[i].value > 0;
        sum += keys[i].value;
        squares += (uint128)keys[i].value * keys[i].value;
    }
    assert_true(ranking->count == count && ranking->sum == sum && ranking->squares == squares);
    int above = RANKING_BUCKETS;
    for (int bucket; (bucket = ranking_below(ranking, above)) >= 0; above = bucket) {
        uint32_t length = 0;
        uint32_t previous = RANKING_NONE;
        for (uint32_t i = ranking->heads[bucket]; i != RANKING_NONE; i = keys[i].next) {
            assert_int_equal(ranking_bucket(keys[i].value), bucket);
            assert_int_equal(keys[i].previous, previous);
            previous = i;
            length++;
        }
        assert_true(length > 0 && length == ranking->counts[bucket]);
        count -= length;
    }
    assert_int_equal(count, 0);
}

static void keys_are_where_their_values_say(void **state)
{
    (void)state;
    static struct ranking ranking;
    static struct ranked_key keys[KEYS];
    struct random random = {.state = 2};
    ranking_init(&ranking);
    assert_int_equal(ranking_below(&ranking, RANKING_BUCKETS), -1);
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t at = (uint32_t)random_below(&random, KEYS);
        bool out = random_below(&random, 3) == 0;
        uint64_t value = out ? 0 : random_next(&random) >> (10 + random_below(&random, 54));
        ranking_set(&ranking, keys, at, value);
        if (step % 50 == 0) {
            lists_check(&ranking, keys);
        }
    }
    for (uint32_t at = 0; at < KEYS; at++) {
        ranking_set(&ranking, keys, at, 0);
    }
    lists_check(&ranking, keys);
    assert_int_equal(ranking_below(&ranking, RANKING_BUCKETS), -1);
}

static void a_cut_keeps_the_heaviest(void **state)
{
    (void)state;
    struct random random = {.state = 3};
    for (unsigned round = 0; round < 300; round++) {
        uint32_t counts[RANKING_BUCKETS] = {0};
        unsigned buckets[KEYS];
        unsigned range = 1 + (unsigned)random_below(&random, 64);
        for (unsigned i = 0; i < KEYS; i++) {
            buckets[i] = ranking_bucket((random_next(&random) >> (64 - range)) | 1);
            counts[buckets[i]]++;
        }
        uint32_t most = (uint32_t)random_below(&random, KEYS + 50);
        struct cut cut = cut_make(counts, most);
        uint32_t kept = 0;
        unsigned lowest_kept = RANKING_BUCKETS;
        unsigned highest_let_go = 0;
        for (unsigned i = 0; i < KEYS; i++) {
            if (cut_keeps(&cut, buckets[i])) {
                kept++;
                lowest_kept = buckets[i] < lowest_kept ? buckets[i] : lowest_kept;
            } else {
                highest_let_go = buckets[i] > highest_let_go ? buckets[i] : highest_let_go;
            }
        }
        assert_int_equal(kept, most < KEYS ? most : KEYS);
        assert_true(lowest_kept >= highest_let_go);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_are_in_order_and_narrow),
        cmocka_unit_test(keys_are_where_their_values_say),
        cmocka_unit_test(a_cut_keeps_the_heaviest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
