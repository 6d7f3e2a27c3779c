// SPDX-License-Identifier: Apache-2.0
// A flow table that is full, or was, or is about to be; and the side pool of what few flows have.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/base/random.h"
#include "tests/unit/flow/made.h"
#include "tests/unit/flow/recorder.h"

#define SECOND INT64_C(1000000)

static void recorder_of(struct recorder *recorder, uint32_t max_flows, uint32_t max_rare)
{
    recorder_init(recorder, &(struct flow_options){.max_flows = max_flows,
                                                   .max_rare = max_rare,
                                                   .idle_timeout_us = 30 * SECOND,
                                                   .active_timeout_us = 3600 * SECOND,
                                                   .tcp_linger_us = 5 * SECOND});
}

static void packet_add(struct recorder *recorder, uint32_t flow, int64_t time_us)
{
    struct facts facts = made_facts(&(struct made){
        .time_us = time_us, .flow = flow, .protocol = MADE_UDP, .direction = flow & 1});
    flow_table_add(recorder->table, &facts, 1);
}

static uint64_t live(const struct recorder *recorder)
{
    const struct flow_table_stats *stats = flow_table_stats(recorder->table);
    return stats->started - stats->ended;
}

static void a_full_table_evicts_and_loses_nothing(void **state)
{
    (void)state;
    enum { PACKETS = 40000 };
    static const struct {
        uint32_t max_flows, keys;
    } cases[] = {{1024, 5000}, {1, 3}, {2, 9}, {3, 200}, {10, 11}, {1000, 1001}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct recorder recorder;
        recorder_of(&recorder, cases[i].max_flows, 1);
        struct random random = {.state = i};
        uint64_t *sent = calloc(cases[i].keys, sizeof(*sent));
        for (unsigned n = 0; n < PACKETS; n++) {
            uint32_t flow = (uint32_t)random_below(&random, cases[i].keys);
            packet_add(&recorder, flow, n);
            sent[flow]++;
            assert_in_range(live(&recorder), 1, cases[i].max_flows);
        }
        const struct flow_table_stats *stats = flow_table_stats(recorder.table);
        assert_int_equal(stats->packets, PACKETS);
        assert_true(stats->evicted > 0);
        assert_int_equal(stats->evicted, stats->ended); // there is no other cause here
        assert_int_equal(live(&recorder), cases[i].max_flows);
        flow_table_end_all(recorder.table);
        assert_int_equal(stats->ended_packets, PACKETS);
        assert_int_equal(recorder.ends[FLOW_END_EVICTED], stats->evicted);
        assert_int_equal(recorder.ends[FLOW_END_SHUTDOWN], cases[i].max_flows);
        for (size_t n = 0; n < recorder.ended.count; n++) {
            const struct said *said = &recorder.ended.items[n];
            sent[made_key_flow(&said->key)] -= said->side[0].packets + said->side[1].packets;
        }
        for (uint32_t flow = 0; flow < cases[i].keys; flow++) {
            assert_int_equal(sent[flow], 0);
        }
        free(sent);
        recorder_fini(&recorder);
    }
}

// In a table of one bucket the choice is among all flows.
static void the_quietest_flow_is_evicted(void **state)
{
    (void)state;
    enum { FLOWS = 4 };
    struct recorder recorder;
    recorder_of(&recorder, FLOWS, 1);
    for (uint32_t flow = 0; flow < FLOWS; flow++) {
        packet_add(&recorder, flow, flow);
    }
    packet_add(&recorder, 0, FLOWS); // the first to come is not the quietest any more
    packet_add(&recorder, FLOWS, FLOWS + 1);
    assert_int_equal(recorder.ended.count, 1);
    assert_int_equal(made_key_flow(&recorder.ended.items[0].key), 1);
    recorder_fini(&recorder);
}

static void every_place_can_be_filled(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1, 10, 1024, 4096, 100000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct recorder recorder;
        recorder_of(&recorder, sizes[i], 1);
        for (unsigned round = 0; round < 2; round++) { // the second finds what the first left
            for (uint32_t flow = 0; flow < sizes[i]; flow++) {
                packet_add(&recorder, flow, round);
            }
            const struct flow_table_stats *stats = flow_table_stats(recorder.table);
            assert_int_equal(stats->started, sizes[i]);
            assert_int_equal(stats->ended, 0);
        }
        recorder_fini(&recorder);
    }
}

// Flows come and go in a table that is never far from full: every living one is found again.
static void places_are_used_again(void **state)
{
    (void)state;
    enum { FLOWS = 20000, ROUNDS = 30 };
    struct recorder recorder;
    recorder_of(&recorder, FLOWS, 1);
    struct random random = {.state = 3};
    const struct flow_table_stats *stats = flow_table_stats(recorder.table);
    bool *alive = calloc(FLOWS, sizeof(*alive));
    uint64_t started = 0;
    for (int64_t round = 0; round < ROUNDS; round++) {
        int64_t now_us = round * 31 * SECOND; // what this round leaves out is idle in the next
        uint64_t chosen = 200 + random_below(&random, 800);
        for (uint32_t flow = 0; flow < FLOWS; flow++) {
            bool comes = random_below(&random, 1000) < chosen;
            if (comes) {
                packet_add(&recorder, flow, now_us - 20 * SECOND); // in time for the last round's
                packet_add(&recorder, flow, now_us);
            }
            started += comes && !alive[flow];
            alive[flow] = comes;
        }
        flow_table_expire(recorder.table, now_us);
        assert_int_equal(stats->started, started);
        uint64_t expected = 0;
        for (uint32_t flow = 0; flow < FLOWS; flow++) {
            expected += alive[flow];
        }
        assert_int_equal(live(&recorder), expected);
    }
    assert_int_equal(stats->evicted, 0);
    free(alive);
    recorder_fini(&recorder);
}

// More active flows than the list of them holds: told in between, and the sums are the same.
static void a_full_list_of_active_flows_loses_nothing(void **state)
{
    (void)state;
    enum { FLOWS = 100000, ROUNDS = 3 };
    struct recorder recorder;
    recorder_of(&recorder, FLOWS, 1);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (uint32_t flow = 0; flow < FLOWS; flow++) {
            packet_add(&recorder, flow, round);
        }
    }
    flow_table_fold(recorder.table);
    for (uint32_t flow = 0; flow < FLOWS; flow++) {
        assert_int_equal(recorder.activity[flow].sum.packets, ROUNDS);
        assert_int_equal(recorder.activity[flow].sum.bytes, ROUNDS * MADE_BYTES);
        assert_int_equal(recorder.activity[flow].sum.wire_bytes,
                         ROUNDS * (MADE_BYTES + MADE_FRAME_BYTES));
    }
    recorder_fini(&recorder);
}

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
    recorder_of(&recorder, 1024, 4);
    struct facts_rare labelled = {.mpls = {16, 17}, .mpls_count = 2};
    struct facts_rare tunnelled = {.tunnel = TUNNEL_GTPU,
                                   .tunnel_ipv6 = 1,
                                   .has_teid = 1,
                                   .teid = 77,
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
    rare_add(&recorder, 0, 0, &later);
    flow_table_end_all(recorder.table);
    // Each first word stands: labels, identifiers and classes by direction, one tunnel.
    const struct flow_rare expected = {.mpls = {{16, 17}, {99}},
                                       .teid = {88, 77},
                                       .mpls_count = {2, 1},
                                       .has_teid = {1, 1},
                                       .qfi = {9, 9},
                                       .has_qfi = {1, 1},
                                       .tunnel = TUNNEL_GTPU,
                                       .tunnel_ipv6 = 1,
                                       .tunnel_address = {{2}, {1}}};
    assert_true(recorder.has_rare);
    assert_memory_equal(&recorder.rare, &expected, sizeof(expected));
    recorder_fini(&recorder);
}

static void a_full_side_pool_is_counted_and_emptied_by_ends(void **state)
{
    (void)state;
    enum { PLACES = 3, FLOWS = 5 };
    struct recorder recorder;
    recorder_of(&recorder, 1024, PLACES);
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
    packet_add(&recorder, 0, 1);
    flow_table_end_all(recorder.table);
    assert_false(recorder.has_rare);
    recorder_fini(&recorder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_table_evicts_and_loses_nothing),
        cmocka_unit_test(the_quietest_flow_is_evicted),
        cmocka_unit_test(every_place_can_be_filled),
        cmocka_unit_test(places_are_used_again),
        cmocka_unit_test(a_full_list_of_active_flows_loses_nothing),
        cmocka_unit_test(rare_facts_are_kept_by_direction),
        cmocka_unit_test(a_full_side_pool_is_counted_and_emptied_by_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
