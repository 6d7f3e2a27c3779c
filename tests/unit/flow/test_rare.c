// SPDX-License-Identifier: Apache-2.0
// The side pool of what few flows have.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/flow/made.h"
#include "tests/unit/flow/recorder.h"

static void rare_add(struct recorder *recorder, uint32_t flow, uint8_t direction,
                     const struct facts_rare *rare)
{
    struct facts facts = made_facts(
        &(struct made){.time_us = 1, .flow = flow, .protocol = MADE_UDP, .direction = direction});
    facts.flags |= FACTS_RARE;
    facts.rare = *rare;
    flow_table_add(recorder->table, &facts, 1);
}

static void rare_facts_are_kept_by_direction(void **state)
{
    (void)state;
    struct recorder recorder;
    recorder_init_roomy(&recorder, 1024, 4);
    struct facts_rare labelled = {.mpls = {16, 17}, .mpls_count = 2};
    struct facts_rare tunnelled = {.tunnel = TUNNEL_GTPU,
                                   .tunnel_ipv6 = 1,
                                   .has_teid = 1,
                                   .teid = 77,
                                   .has_qfi = 1,
                                   .qfi = 8,
                                   .tunnel_source = {1},
                                   .tunnel_destination = {2}};
    struct facts_rare later = {.mpls = {99},
                               .mpls_count = 1,
                               .tunnel = TUNNEL_GRE,
                               .has_teid = 1,
                               .teid = 88,
                               .has_qfi = 1,
                               .qfi = 9,
                               .tunnel_source = {3},
                               .tunnel_destination = {4}};
    rare_add(&recorder, 0, 0, &labelled);
    rare_add(&recorder, 0, 1, &tunnelled);
    rare_add(&recorder, 0, 1, &later);
    flow_table_fold(recorder.table);
    assert_true(recorder.active_has_rare);
    assert_int_equal(recorder.active_rare.teid[1], 77);
    rare_add(&recorder, 0, 0, &later);
    flow_table_end_all(recorder.table);
    // Each first word stands: labels, identifiers and classes by direction, one tunnel.
    const struct flow_rare expected = {.mpls = {{16, 17}, {99}},
                                       .teid = {88, 77},
                                       .mpls_count = {2, 1},
                                       .has_teid = {1, 1},
                                       .qfi = {9, 8},
                                       .has_qfi = {1, 1},
                                       .tunnel = TUNNEL_GTPU,
                                       .tunnel_ipv6 = 1,
                                       .tunnel_address = {{2}, {1}}};
    assert_true(recorder.has_rare && recorder.active_has_rare);
    assert_memory_equal(&recorder.rare, &expected, sizeof(expected));
    assert_memory_equal(&recorder.active_rare, &expected, sizeof(expected));
    recorder_fini(&recorder);
}

static void a_full_side_pool_is_counted_and_emptied_by_ends(void **state)
{
    (void)state;
    enum { PLACES = 3, FLOWS = 5 };
    struct recorder recorder;
    recorder_init_roomy(&recorder, 1024, PLACES);
    const struct flow_table_stats *stats = flow_table_stats(recorder.table);
    for (unsigned round = 0; round < 3; round++) {
        for (uint32_t flow = 0; flow < FLOWS; flow++) {
            rare_add(&recorder, flow, 0, &(struct facts_rare){.has_teid = 1, .teid = flow + round});
        }
        assert_int_equal(stats->rare_refused, (round + 1) * (FLOWS - PLACES));
        flow_table_end_all(recorder.table);
    }
    // Nothing of the place's last owner shows.
    rare_add(&recorder, 0, 1, &(struct facts_rare){.has_qfi = 1, .qfi = 1});
    flow_table_end_all(recorder.table);
    const struct flow_rare expected = {.qfi = {0, 1}, .has_qfi = {0, 1}};
    assert_memory_equal(&recorder.rare, &expected, sizeof(expected));
    struct facts plain = made_facts(&(struct made){.flow = 0, .protocol = MADE_UDP});
    flow_table_add(recorder.table, &plain, 1);
    flow_table_end_all(recorder.table);
    assert_false(recorder.has_rare || recorder.active_has_rare);
    recorder_fini(&recorder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rare_facts_are_kept_by_direction),
        cmocka_unit_test(a_full_side_pool_is_counted_and_emptied_by_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
