// SPDX-License-Identifier: Apache-2.0
// Estimates against exact counts, from nothing to far more than there are registers.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/sketch/hyperloglog.h"
#include "tests/unit/base/random.h"

enum { RUNS = 50, REGISTERS_MAX = 1 << HYPERLOGLOG_PRECISION_MAX };

static uint8_t registers[2][REGISTERS_MAX];

static const uint64_t counts[] = {0, 1, 2, 10, 30, 100, 160, 300, 1000, 10000, 100000};
enum { COUNTS = sizeof(counts) / sizeof(counts[0]) };

// The root of the mean square of relative errors over many runs stands for the standard error.
static double error_of(unsigned precision, uint64_t count)
{
    double squares = 0;
    for (uint64_t run = 0; run < RUNS; run++) {
        struct random random = {.state = run * 1000003 + precision};
        memset(registers[0], 0, (size_t)1 << precision);
        for (uint64_t i = 0; i < count; i++) {
            uint64_t hash = random_next(&random);
            hyperloglog_add(registers[0], precision, hash);
            hyperloglog_add(registers[0], precision, hash); // what comes again counts once
        }
        double estimate = hyperloglog_count(registers[0], precision);
        double error = count == 0 ? estimate : estimate / (double)count - 1;
        squares += error * error;
    }
    return sqrt(squares / RUNS);
}

static void test_estimates_are_as_near_as_promised(void **state)
{
    (void)state;
    for (unsigned precision = 4; precision <= 12; precision += 2) {
        double promised = 1.04 / sqrt((double)(1U << precision));
        for (size_t i = 0; i < COUNTS; i++) {
            // The mean square of 50 runs strays by a tenth itself, and where linear counting gives
            // way to the other estimator, at 2.5 times the registers, there is a known bump.
            assert_true(error_of(precision, counts[i]) < 2 * promised);
        }
    }
}

static void test_nothing_is_exactly_nothing(void **state)
{
    (void)state;
    memset(registers[0], 0, sizeof(registers[0]));
    assert_true(hyperloglog_count(registers[0], 6) == 0);
}

static void test_a_merge_is_the_union(void **state)
{
    (void)state;
    enum { PRECISION = 6 };
    struct random random = {.state = 7};
    uint8_t both[1 << PRECISION] = {0};
    memset(registers, 0, sizeof(registers));
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t hash = random_next(&random);
        if (i < 600) {
            hyperloglog_add(registers[0], PRECISION, hash);
        }
        if (i >= 400) {
            hyperloglog_add(registers[1], PRECISION, hash);
        }
        hyperloglog_add(both, PRECISION, hash);
    }
    hyperloglog_merge(registers[0], registers[1], PRECISION);
    assert_memory_equal(registers[0], both, sizeof(both));
}

static void test_the_rarest_hashes_are_borne(void **state)
{
    (void)state;
    static const uint64_t hashes[] = {0, UINT64_MAX, 1, UINT64_C(1) << 63};
    for (unsigned precision = 4; precision <= HYPERLOGLOG_PRECISION_MAX; precision++) {
        memset(registers[0], 0, sizeof(registers[0]));
        for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
            hyperloglog_add(registers[0], precision, hashes[i]);
        }
        assert_int_equal(registers[0][0], 64 - precision + 1); // no bit of the rest is set
        double count = hyperloglog_count(registers[0], precision);
        assert_true(count >= 2 && count <= 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_estimates_are_as_near_as_promised),
        cmocka_unit_test(test_nothing_is_exactly_nothing),
        cmocka_unit_test(test_a_merge_is_the_union),
        cmocka_unit_test(test_the_rarest_hashes_are_borne),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
