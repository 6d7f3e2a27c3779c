// SPDX-License-Identifier: Apache-2.0
// Lengths that are drawn follow the mixtures that were published, and means are those of what is
// drawn.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/generate/flow_model.h"

enum { DRAWS = 200000 };

static const struct flow_bounds any = {1, 1, FLOW_MODEL_LENGTH_MAX};

// Shares of flows with at most so many packets, computed apart from the published mixtures, with
// the normal distribution of Python's statistics.
static void test_published_shares(void **state)
{
    (void)state;
    static const struct {
        enum flow_model model;
        double length;
        double share;
    } cases[] = {
        {FLOW_MODEL_TCP, 1, 0.265683},  {FLOW_MODEL_TCP, 2, 0.474137},
        {FLOW_MODEL_TCP, 10, 0.760756}, {FLOW_MODEL_TCP, 100, 0.954267},
        {FLOW_MODEL_UDP, 1, 0.720893},  {FLOW_MODEL_UDP, 2, 0.859083},
        {FLOW_MODEL_UDP, 10, 0.973429}, {FLOW_MODEL_UDP, 100, 0.995864},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double share = flow_model_cdf(cases[i].model, cases[i].length);
        if (fabs(share - cases[i].share) > 1e-5) {
            fail_msg("%g packets: %.6f, not %.6f", cases[i].length, share, cases[i].share);
        }
    }
}

// Kolmogorov and Smirnov: at no length are the shares of what was drawn and of the model farther
// apart than chance (one in a thousand) would have it.
static void draws_follow(enum flow_model model)
{
    static const uint32_t lengths[] = {1, 2, 3, 4, 5, 6, 8, 10, 15, 25, 50, 100, 300, 1000, 10000};
    unsigned at_most[sizeof(lengths) / sizeof(lengths[0])] = {0};
    struct draw draw;
    draw_init(&draw, 7);
    for (unsigned n = 0; n < DRAWS; n++) {
        uint32_t length = flow_model_length(model, &any, &draw);
        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
            at_most[i] += length <= lengths[i];
        }
    }
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        double drawn = (double)at_most[i] / DRAWS;
        if (fabs(drawn - flow_model_cdf(model, lengths[i])) > 1.95 / sqrt(DRAWS)) {
            fail_msg("%u packets: %.4f of those drawn, %.4f of the model", lengths[i], drawn,
                     flow_model_cdf(model, lengths[i]));
        }
    }
}

static void test_draws_follow_the_model(void **state)
{
    (void)state;
    draws_follow(FLOW_MODEL_TCP);
    draws_follow(FLOW_MODEL_UDP);
}

static void test_mean_of_bounded_draws(void **state)
{
    (void)state;
    static const struct flow_bounds bounds[] = {{1, 1, 4}, {1, 6, 200}, {3, 5, 1000}};
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        struct draw draw;
        double sum = 0;
        draw_init(&draw, i);
        for (unsigned n = 0; n < DRAWS; n++) {
            uint32_t length = flow_model_length(FLOW_MODEL_TCP, &bounds[i], &draw);
            assert_in_range(length, bounds[i].least, bounds[i].most);
            sum += length;
        }
        double mean = flow_model_mean(FLOW_MODEL_TCP, &bounds[i]);
        assert_true(fabs(sum / DRAWS - mean) < 0.02 * mean);
    }
}

// The authors count 264.6 G packets in 2.17 G flows of TCP, 50.7 G in 1.74 G of UDP.
static void test_mean_is_near_what_was_counted(void **state)
{
    (void)state;
    double tcp = flow_model_mean(FLOW_MODEL_TCP, &any);
    double udp = flow_model_mean(FLOW_MODEL_UDP, &any);
    assert_true(tcp > 0.8 * 121.9 && tcp < 1.25 * 121.9);
    assert_true(udp > 0.8 * 29.2 && udp < 1.25 * 29.2);
}

static void test_long_flows_have_large_packets(void **state)
{
    (void)state;
    double of_few = flow_model_packet_bytes(FLOW_MODEL_TCP, 3);
    double of_many = flow_model_packet_bytes(FLOW_MODEL_TCP, 100000);
    assert_true(of_few >= 64 && of_few < 200);
    assert_true(of_many > 800 && of_many <= 1500);
    for (uint32_t length = 1; length < FLOW_MODEL_LENGTH_MAX; length = length * 2 + 1) {
        double bytes = flow_model_packet_bytes(FLOW_MODEL_UDP, length);
        assert_true(bytes >= 64 && bytes <= 1500);
    }
}

// The table is the model, to a twenty-fifth.
static void test_table_of_sizes(void **state)
{
    (void)state;
    struct flow_sizes sizes;
    flow_sizes_init(&sizes);
    for (uint32_t length = 1; length < FLOW_MODEL_LENGTH_MAX; length += 1 + length / 7) {
        for (int model = FLOW_MODEL_TCP; model <= FLOW_MODEL_UDP; model++) {
            double exact = flow_model_packet_bytes((enum flow_model)model, length);
            double read = flow_sizes_get(&sizes, (enum flow_model)model, length);
            if (fabs(read - exact) > 1 + exact / 25) {
                fail_msg("%u packets: %g octets, not %g", length, read, exact);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_shares),
        cmocka_unit_test(test_draws_follow_the_model),
        cmocka_unit_test(test_mean_of_bounded_draws),
        cmocka_unit_test(test_mean_is_near_what_was_counted),
        cmocka_unit_test(test_long_flows_have_large_packets),
        cmocka_unit_test(test_table_of_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
