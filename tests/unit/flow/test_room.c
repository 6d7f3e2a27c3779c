// SPDX-License-Identifier: Apache-2.0
// A flow table that is full, or was, or is about to be.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/flow/flow_index.h"
#include "tests/unit/base/random.h"
#include "tests/unit/flow/made.h"
#include "tests/unit/flow/recorder.h"

#define SECOND INT64_C(1000000)

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
        recorder_init_roomy(&recorder, cases[i].max_flows, 1);
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
    recorder_init_roomy(&recorder, FLOWS, 1);
    for (uint32_t flow = 0; flow < FLOWS; flow++) {
        packet_add(&recorder, flow, flow);
    }
    packet_add(&recorder, 0, FLOWS); // the first to come is not the quietest any more
    packet_add(&recorder, FLOWS, FLOWS + 1);
    assert_int_equal(recorder.ended.count, 1);
    assert_int_equal(made_key_flow(&recorder.ended.items[0].key), 1);
    recorder_fini(&recorder);
}

// Whoever was answered stays, however long it has been quiet, while there are others.
static void a_flood_evicts_no_talker(void **state)
{
    (void)state;
    enum { TALKERS = 250, FLOOD = 30000, MAX_FLOWS = 4096 };
    struct recorder recorder;
    recorder_init_roomy(&recorder, MAX_FLOWS, 1);
    int64_t time_us = 0;
    for (uint32_t flow = 0; flow < TALKERS; flow++) {
        for (uint8_t direction = 0; direction < 2; direction++) {
            struct facts facts = made_facts(&(struct made){
                .time_us = time_us++, .flow = flow, .protocol = MADE_UDP, .direction = direction});
            flow_table_add(recorder.table, &facts, 1);
        }
    }
    for (uint32_t flow = TALKERS; flow < TALKERS + FLOOD; flow++) {
        packet_add(&recorder, flow, time_us += 250);
    }
    assert_int_equal(flow_table_stats(recorder.table)->evicted, TALKERS + FLOOD - MAX_FLOWS);
    for (size_t n = 0; n < recorder.ended.count; n++) {
        assert_true(made_key_flow(&recorder.ended.items[n].key) >= TALKERS);
    }
    recorder_fini(&recorder);
}

// Flows whose first bucket and second bucket are one and the same, for all of them.
static void crowd_find(uint32_t max_flows, uint32_t *crowd, unsigned count)
{
    struct flow_index index;
    struct error err;
    assert_int_equal(flow_index_init(&index, max_flows, MEMORY_PAGES_NEVER, &err), 0);
    const struct flow_bucket *bucket = &index.buckets[index.bucket_count / 2];
    unsigned found = 0;
    for (uint32_t flow = 0; found < count; flow++) {
        assert_in_range(flow, 0, (1 << 24) - 1);
        struct facts facts = made_facts(&(struct made){.flow = flow, .protocol = MADE_UDP});
        if (flow_index_first(&index, facts.hash) == bucket &&
            flow_index_second(&index, facts.hash) == bucket) {
            crowd[found++] = flow;
        }
    }
    flow_index_fini(&index);
}

// The table has room, but the buckets of a key have none. The burst brings, behind the packet that
// evicts a flow, one of that same flow.
static void full_buckets_evict_and_lose_nothing(void **state)
{
    (void)state;
    enum { CROWD = FLOW_BUCKET_WAYS + 1, MAX_FLOWS = 60 };
    uint32_t crowd[CROWD];
    crowd_find(MAX_FLOWS, crowd, CROWD);
    struct recorder recorder;
    recorder_init_roomy(&recorder, MAX_FLOWS, 1);
    struct facts burst[CROWD + 1];
    for (unsigned i = 0; i < CROWD; i++) {
        burst[i] = made_facts(&(struct made){.time_us = i, .flow = crowd[i], .protocol = MADE_UDP});
    }
    burst[CROWD] = burst[0];
    flow_table_add(recorder.table, burst, CROWD - 1);
    const struct flow_table_stats *stats = flow_table_stats(recorder.table);
    assert_int_equal(stats->evicted, 0);
    flow_table_add(recorder.table, &burst[CROWD - 1], 2);
    assert_int_equal(stats->evicted, 2);
    assert_int_equal(made_key_flow(&recorder.ended.items[0].key), crowd[0]);
    assert_int_equal(made_key_flow(&recorder.ended.items[1].key), crowd[1]);
    assert_int_equal(live(&recorder), FLOW_BUCKET_WAYS);
    flow_table_end_all(recorder.table);
    assert_int_equal(stats->ended_packets, CROWD + 1);
    recorder_fini(&recorder);
}

static void every_place_can_be_filled(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1, 10, 1024, 4096, 100000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct recorder recorder;
        recorder_init_roomy(&recorder, sizes[i], 1);
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
    recorder_init_roomy(&recorder, FLOWS, 1);
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
    recorder_init_roomy(&recorder, FLOWS, 1);
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

// Flows go back with the clock, and end as if it had not been set.
static void a_clock_set_back_takes_the_flows_along(void **state)
{
    (void)state;
    enum { FLOWS = 3000 };
    struct recorder recorder;
    recorder_init_roomy(&recorder, FLOWS, 1);
    int64_t now_us = 7200 * SECOND;
    for (uint32_t flow = 0; flow < FLOWS; flow++) {
        packet_add(&recorder, flow, now_us);
    }
    flow_table_set_back(recorder.table, 3600 * SECOND);
    now_us -= 3600 * SECOND;
    packet_add(&recorder, 0, now_us + 20 * SECOND);
    flow_table_expire(recorder.table, now_us + 30 * SECOND);
    assert_int_equal(live(&recorder), FLOWS);
    flow_table_expire(recorder.table, now_us + 32 * SECOND);
    assert_int_equal(live(&recorder), 1);
    assert_int_equal(recorder.ends[FLOW_END_IDLE], FLOWS - 1);
    assert_int_equal(recorder.ended.items[0].start_us, now_us);
    flow_table_expire(recorder.table, now_us + 52 * SECOND);
    assert_int_equal(live(&recorder), 0);
    recorder_fini(&recorder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_set_back_takes_the_flows_along),
        cmocka_unit_test(a_full_table_evicts_and_loses_nothing),
        cmocka_unit_test(the_quietest_flow_is_evicted),
        cmocka_unit_test(a_flood_evicts_no_talker),
        cmocka_unit_test(full_buckets_evict_and_lose_nothing),
        cmocka_unit_test(every_place_can_be_filled),
        cmocka_unit_test(places_are_used_again),
        cmocka_unit_test(a_full_list_of_active_flows_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
