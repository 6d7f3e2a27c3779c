// SPDX-License-Identifier: Apache-2.0
// The small things that every room stands on: hash, CPUs, messages, counters, waiting.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>

#include "dataplane/base/backoff.h"
#include "dataplane/base/counter.h"
#include "dataplane/base/cpu.h"
#include "dataplane/base/error.h"
#include "dataplane/base/hash.h"
#include "tests/unit/base/random.h"

static void secrets_differ_and_change_the_hash(void **state)
{
    (void)state;
    struct hash_secret one, other;
    hash_secret_draw(&one);
    hash_secret_draw(&other);
    static const char text[48] = "a flow key";
    static const size_t lengths[] = {5, 16, 48}; // whole blocks and not
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        uint64_t hash = hash_bytes(text, lengths[i], one);
        assert_int_equal(hash_bytes(text, lengths[i], one), hash);
        assert_int_not_equal(hash_bytes(text, lengths[i], other), hash);
        struct hash_secret half = {.seed = other.seed, .more = one.more};
        assert_int_not_equal(hash_bytes(text, lengths[i], half), hash);
    }
}

// Buckets come from the upper half, tags and workers from the lower: every bit has to do. Each bit
// of the input turns each bit of the hash about every second time.
static void every_bit_of_a_hash_hangs_on_every_bit_hashed(void **state)
{
    (void)state;
    enum { INPUTS = 400, BYTES_MAX = 48, HASH_BITS = 64 };
    static const size_t lengths[] = {16, 20, BYTES_MAX};
    struct random random = {.state = 6};
    struct hash_secret secret = {.seed = 1};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        static unsigned turned[BYTES_MAX * 8][HASH_BITS];
        memset(turned, 0, sizeof(turned));
        for (unsigned input = 0; input < INPUTS; input++) {
            uint8_t text[BYTES_MAX] = {0}; // like keys: mostly zeros
            text[random_below(&random, lengths[i])] = (uint8_t)random_next(&random);
            text[random_below(&random, lengths[i])] = (uint8_t)random_next(&random);
            uint64_t hash = hash_bytes(text, lengths[i], secret);
            for (unsigned bit = 0; bit < lengths[i] * 8; bit++) {
                text[bit / 8] ^= (uint8_t)(1u << bit % 8);
                uint64_t difference = hash ^ hash_bytes(text, lengths[i], secret);
                text[bit / 8] ^= (uint8_t)(1u << bit % 8);
                for (unsigned to = 0; to < HASH_BITS; to++) {
                    turned[bit][to] += difference >> to & 1;
                }
            }
        }
        for (unsigned bit = 0; bit < lengths[i] * 8; bit++) {
            for (unsigned to = 0; to < HASH_BITS; to++) { // six deviations to either side
                assert_in_range(turned[bit][to], INPUTS * 35 / 100, INPUTS * 65 / 100);
            }
        }
    }
}

static void ranges_are_filled_evenly_and_kept(void **state)
{
    (void)state;
    static const struct {
        uint64_t hash;
        uint32_t count, expected;
    } bounds[] = {
        {0, 7, 0},
        {UINT64_MAX, 7, 6},
        {UINT64_MAX, UINT32_MAX, UINT32_MAX - 1},
        {UINT64_C(0xffffffff), 1000, 0}, // the lower half does not count
        {UINT64_C(1) << 63, 1000, 500},
        {UINT64_MAX, 1, 0},
    };
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        assert_int_equal(hash_range(bounds[i].hash, bounds[i].count), bounds[i].expected);
    }
    enum { PLACES = 10, DRAWS = 100000 };
    unsigned drawn[PLACES] = {0};
    struct random random = {.state = 5};
    for (unsigned i = 0; i < DRAWS; i++) {
        drawn[hash_range(random_next(&random), PLACES)]++;
    }
    for (unsigned i = 0; i < PLACES; i++) {
        assert_in_range(drawn[i], DRAWS / PLACES * 9 / 10, DRAWS / PLACES * 11 / 10);
    }
}

static void only_cpus_at_hand_can_be_set(void **state)
{
    (void)state;
    cpu_set_t allowed;
    assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
    assert_int_equal(cpu_count(), CPU_COUNT(&allowed));
    for (unsigned cpu = 0; cpu < CPU_SETSIZE + 2; cpu++) {
        struct error err = {0};
        cpu_set_t set;
        CPU_ZERO(&set);
        bool expected = cpu < CPU_SETSIZE && CPU_ISSET(cpu, &allowed);
        assert_int_equal(cpu_set_one(cpu, &set, &err), expected ? 0 : -EINVAL);
        assert_int_equal(err.text[0] == '\0', expected);
        assert_int_equal(CPU_COUNT(&set), expected ? 1 : 0); // untouched on failure
        assert_true(!expected || CPU_ISSET(cpu, &set));
    }
}

static void long_thread_names_are_cut(void **state)
{
    (void)state;
    char before[16], name[16];
    pthread_getname_np(pthread_self(), before, sizeof(before));
    cpu_thread_name("weir-worker-number-63");
    pthread_getname_np(pthread_self(), name, sizeof(name));
    assert_string_equal(name, "weir-worker-num");
    cpu_thread_name(before);
}

static void messages_are_formatted_and_cut(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(error_set(&err, -ENOENT, "no %s of %d", "file", 3), -ENOENT);
    assert_string_equal(err.text, "no file of 3");
    struct error guarded[2];
    memset(guarded, 'g', sizeof(guarded));
    assert_int_equal(error_set(&guarded[0], -EINVAL, "%0600d", 1), -EINVAL);
    assert_int_equal(strlen(guarded[0].text), sizeof(err.text) - 1);
    assert_int_equal(guarded[1].text[0], 'g');
    assert_int_equal(error_set(NULL, -EIO, "nobody listens to %d", 1), -EIO);
}

enum { ADDITIONS = 300000 };

static void *counting_main(void *argument)
{
    for (unsigned i = 0; i < ADDITIONS; i++) {
        counter_add(argument, (UINT64_C(1) << 32) + 1); // both halves change together
    }
    return NULL;
}

static void counters_are_never_torn_nor_go_back(void **state)
{
    (void)state;
    counter count = 0;
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, counting_main, &count), 0);
    uint64_t last = 0;
    while ((uint32_t)last != ADDITIONS) {
        uint64_t now = counter_read(&count);
        assert_int_equal(now >> 32, (uint32_t)now);
        assert_true(now >= last);
        last = now;
    }
    pthread_join(writer, NULL);
}

// A long wait must end in sleeps and stay there.
static void waiting_ends_in_sleeps(void **state)
{
    (void)state;
    struct backoff backoff = {0};
    for (unsigned i = 0; i < BACKOFF_SPINS + BACKOFF_YIELDS; i++) {
        assert_int_equal(backoff.rounds, i);
        backoff_wait(&backoff);
    }
    int64_t start_us = clock_monotonic_us();
    for (unsigned i = 0; i < 5; i++) {
        backoff_wait(&backoff);
    }
    assert_true(clock_monotonic_us() - start_us >= 5 * BACKOFF_SLEEP_US);
    assert_int_equal(backoff.rounds, BACKOFF_SPINS + BACKOFF_YIELDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_differ_and_change_the_hash),
        cmocka_unit_test(every_bit_of_a_hash_hangs_on_every_bit_hashed),
        cmocka_unit_test(ranges_are_filled_evenly_and_kept),
        cmocka_unit_test(only_cpus_at_hand_can_be_set),
        cmocka_unit_test(long_thread_names_are_cut),
        cmocka_unit_test(messages_are_formatted_and_cut),
        cmocka_unit_test(counters_are_never_torn_nor_go_back),
        cmocka_unit_test(waiting_ends_in_sleeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
