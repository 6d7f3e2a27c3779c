// SPDX-License-Identifier: Apache-2.0
// Streams of weights against plain sums: what the summary promises must hold for every key.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "dataplane/sketch/space_saving.h"
#include "tests/unit/base/random.h"

enum { KEYS = 2000, STEPS = 20000 };

static const struct hash_secret secret = {.seed = 7, .more = 11};

struct key {
    uint8_t octets[SPACE_SAVING_KEY_BYTES];
};

static struct key key_of(uint32_t number)
{
    struct key key = {{0}};
    memcpy(key.octets + 3, &number, sizeof(number));
    return key;
}

// Which key comes at a step, below KEYS.
typedef uint32_t stream(struct random *random, uint32_t step);

static uint32_t uniform(struct random *random, uint32_t step)
{
    (void)step;
    return (uint32_t)random_below(random, KEYS);
}

// About as 1/rank.
static uint32_t zipf(struct random *random, uint32_t step)
{
    (void)step;
    double unit = (double)(random_next(random) >> 11) * 0x1p-53;
    return (uint32_t)exp(unit * log(KEYS)) % KEYS;
}

static uint32_t each_once_round_and_round(struct random *random, uint32_t step)
{
    (void)random;
    return step % KEYS;
}

// Ten keys that are heavy for a while, then ten others, between keys that come once.
static uint32_t rotating(struct random *random, uint32_t step)
{
    bool heavy = random_below(random, 2) == 0;
    return heavy ? step / 2000 * 10 + (uint32_t)random_below(random, 10)
                 : 200 + step % (KEYS - 200);
}

// A few heavy ones first, then keys that each push another one out.
static uint32_t heavy_then_churn(struct random *random, uint32_t step)
{
    return step < STEPS / 4 ? (uint32_t)random_below(random, 5) : 5 + step % (KEYS - 5);
}

static stream *const streams[] = {uniform, zipf, each_once_round_and_round, rotating,
                                  heavy_then_churn};

static void promises_check(const struct space_saving *summary, const uint64_t *sums, uint64_t total)
{
    static uint64_t low[KEYS];
    static uint64_t high[KEYS];
    uint64_t error = space_saving_error(summary);
    uint64_t counted = 0;
    memset(low, 0, sizeof(low));
    memset(high, 0, sizeof(high));
    assert_true(summary->count <= summary->capacity);
    for (uint32_t i = 0; i < summary->count; i++) {
        const struct space_saving_counter *counter = &summary->counters[i];
        uint32_t number;
        memcpy(&number, counter->key + 3, sizeof(number));
        assert_true(number < KEYS && high[number] == 0);
        assert_true(counter->error <= error);
        low[number] = counter->count - counter->error;
        high[number] = counter->count;
        counted += counter->count;
    }
    assert_true(counted == total);
    assert_true(error <= total / summary->capacity);
    for (uint32_t number = 0; number < KEYS; number++) {
        assert_true(low[number] <= sums[number]);
        assert_true(sums[number] <= (high[number] > 0 ? high[number] : error));
    }
}

static void the_promises_hold_on_every_stream(void **state)
{
    (void)state;
    static const uint32_t capacities[] = {1, 2, 3, 10, 100, 1000, KEYS - 1, KEYS};
    for (size_t s = 0; s < sizeof(streams) / sizeof(streams[0]); s++) {
        for (size_t c = 0; c < sizeof(capacities) / sizeof(capacities[0]); c++) {
            struct space_saving summary;
            struct random random = {.state = s};
            static uint64_t sums[KEYS];
            uint64_t total = 0;
            assert_int_equal(space_saving_init(&summary, capacities[c], secret, NULL), 0);
            memset(sums, 0, sizeof(sums));
            for (uint32_t step = 0; step < STEPS; step++) {
                uint32_t number = streams[s](&random, step);
                uint64_t weight = 1 + random_below(&random, 1500);
                struct key key = key_of(number);
                space_saving_add(&summary, key.octets, weight);
                sums[number] += weight;
                total += weight;
                if (step % 1009 == 0) {
                    promises_check(&summary, sums, total);
                }
            }
            promises_check(&summary, sums, total);
            if (capacities[c] == KEYS) {
                assert_int_equal(space_saving_error(&summary), 0);
            }
            space_saving_fini(&summary);
        }
    }
}

static void a_heavy_key_is_never_lost(void **state)
{
    (void)state;
    struct space_saving summary;
    assert_int_equal(space_saving_init(&summary, 10, secret, NULL), 0);
    struct key heavy = key_of(1);
    for (uint32_t step = 0; step < STEPS; step++) {
        struct key other = key_of(100 + step);
        space_saving_add(&summary, step % 8 == 0 ? heavy.octets : other.octets, 1);
    }
    uint64_t found = 0;
    for (uint32_t i = 0; i < summary.count; i++) {
        if (memcmp(summary.counters[i].key, heavy.octets, sizeof(heavy.octets)) == 0) {
            found = summary.counters[i].count;
        }
    }
    assert_true(found >= STEPS / 8);
    space_saving_fini(&summary);
}

// Of full summaries, those that replace, and those with room.
static void clear_leaves_nothing_behind(void **state)
{
    (void)state;
    struct space_saving summary;
    struct random random = {.state = 3};
    assert_int_equal(space_saving_init(&summary, 50, secret, NULL), 0);
    for (unsigned round = 0; round < 300; round++) {
        uint32_t wanted = (uint32_t)random_below(&random, 120);
        for (uint32_t i = 0; i < wanted; i++) {
            struct key key = key_of(i);
            space_saving_add(&summary, key.octets, 1);
            if (i > 0) {
                space_saving_add(&summary, key.octets, i);
            }
        }
        assert_int_equal(summary.count, wanted < 50 ? wanted : 50);
        assert_int_equal(space_saving_error(&summary) > 0, wanted > 50);
        for (uint32_t i = 0; i < wanted && wanted <= 50; i++) {
            assert_int_equal(summary.counters[i].count, i + 1);
            assert_int_equal(summary.counters[i].error, 0);
        }
        space_saving_clear(&summary);
        assert_int_equal(summary.count, 0);
        assert_int_equal(space_saving_error(&summary), 0);
        for (uint32_t slot = 0; slot < summary.index.slot_count; slot++) {
            assert_true(summary.index.slots[slot] == 0);
        }
    }
    space_saving_fini(&summary);
}

static void what_cannot_be_had_is_said(void **state)
{
    (void)state;
    struct space_saving summary = {.capacity = 17};
    struct error err = {{0}};
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    struct rlimit tight = {.rlim_cur = UINT64_C(8) << 30, .rlim_max = before.rlim_max};
    if (setrlimit(RLIMIT_AS, &tight) < 0) {
        skip();
    }
    int code = space_saving_init(&summary, KEY_INDEX_MAX, secret, &err);
    setrlimit(RLIMIT_AS, &before);
    assert_int_equal(code, -ENOMEM);
    assert_non_null(strstr(err.text, "memory"));
    assert_int_equal(summary.capacity, 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_promises_hold_on_every_stream),
        cmocka_unit_test(a_heavy_key_is_never_lost),
        cmocka_unit_test(clear_leaves_nothing_behind),
        cmocka_unit_test(what_cannot_be_had_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
