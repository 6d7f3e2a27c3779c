// SPDX-License-Identifier: Apache-2.0
// The probabilities that the tail tells are those with which sizes come.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/detect/tail.h"
#include "tests/unit/detect/made.h"

enum { LEARNED_ROWS = 20000, COUNTED_ROWS = 400000 };

static double normal_size(uint64_t *random)
{
    return fabs(made_normal(random));
}

static double exponential_size(uint64_t *random)
{
    return -log(1 - made_uniform(random));
}

// Heavy: a third moment does not exist.
static double pareto_size(uint64_t *random)
{
    return pow(1 - made_uniform(random), -1 / 3.0) - 1;
}

static const struct {
    const char *name;
    double (*size)(uint64_t *random);
} kinds[] = {{"normal", normal_size}, {"exponential", exponential_size}, {"pareto", pareto_size}};

static void test_rows_are_as_rare_as_told(void **state)
{
    static const double levels[] = {0.1, 1e-2, 1e-3};
    static struct tail tail;
    (void)state;
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        uint64_t random = 7;
        tail_init(&tail, 20, 10000, 1e-3);
        for (int i = 0; i < LEARNED_ROWS; i++) {
            tail_learn(&tail, kinds[k].size(&random));
        }
        int rarer[3] = {0};
        for (int i = 0; i < COUNTED_ROWS; i++) {
            double probability = tail_probability(&tail, kinds[k].size(&random));
            for (int l = 0; l < 3; l++) {
                rarer[l] += probability < levels[l];
            }
        }
        for (int l = 0; l < 3; l++) {
            double share = (double)rarer[l] / COUNTED_ROWS;
            if (share > 2 * levels[l] || share < levels[l] / 4) {
                fail_msg("%s: %g of the rows were told to be rarer than %g", kinds[k].name, share,
                         levels[l]);
            }
        }
    }
}

static void test_a_larger_size_is_never_likelier(void **state)
{
    static struct tail tail;
    (void)state;
    uint64_t random = 5;
    tail_init(&tail, 20, 10000, 1e-3);
    for (int rows = 0; rows < 3000; rows++) {
        if (rows % 100 == 0) {
            double before = 1;
            for (double size = 0; size < 1e6; size = size * 1.05 + 0.01) {
                double probability = tail_probability(&tail, size);
                assert_true(probability > 0 && probability <= before * (1 + 1e-9));
                before = probability;
            }
        }
        tail_learn(&tail, pareto_size(&random));
    }
}

static void test_one_outlier_does_not_hide_the_next(void **state)
{
    static struct tail tail;
    (void)state;
    uint64_t random = 3;
    tail_init(&tail, 20, 10000, 1e-3);
    for (int i = 0; i < 1000; i++) {
        tail_learn(&tail, normal_size(&random));
    }
    tail_learn(&tail, 1e6);
    assert_true(tail_probability(&tail, 12) < 1e-6);
}

static void test_what_repeats_becomes_usual(void **state)
{
    static struct tail tail;
    (void)state;
    uint64_t random = 3;
    tail_init(&tail, 20, 10000, 1e-3);
    for (int i = 0; i < 5000; i++) {
        tail_learn(&tail, i % 50 == 0 ? 30 : normal_size(&random));
    }
    assert_true(tail_probability(&tail, 30) > 1e-3);
}

static void test_sizes_without_end_are_held(void **state)
{
    static struct tail tail;
    (void)state;
    tail_init(&tail, 20, 100, 1e-3); // the weights are scaled down many times
    for (int i = 0; i < 20000; i++) {
        tail_learn(&tail, i % 7 == 0 ? 1e300 : 0);
        double probability = tail_probability(&tail, 1);
        assert_true(isfinite(probability) && probability > 0 && probability <= 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_as_rare_as_told),
        cmocka_unit_test(test_a_larger_size_is_never_likelier),
        cmocka_unit_test(test_one_outlier_does_not_hide_the_next),
        cmocka_unit_test(test_what_repeats_becomes_usual),
        cmocka_unit_test(test_sizes_without_end_are_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
