// SPDX-License-Identifier: Apache-2.0
// One flow's doings, from its entry to the slot that the agent reads.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/worker/activities.h"

enum { SLOTS = 64, PANE_US = 5000 };

static struct activities activities_made(void)
{
    struct activities activities;
    struct error err = {0};
    assert_int_equal(activities_init(&activities, SLOTS, &err), 0);
    return activities;
}

static struct flow_entry entry_made(void)
{
    return (struct flow_entry){
        .key = {.address = {{10, 0, 0, 1}, {192, 0, 2, 7}},
                .port = {40000, 443},
                .vni_protocol = 77 << 8 | 6,
                .scope = 100},
        .side = {{.packets = 3, .bytes = 300, .wire_bytes = 342},
                 {.packets = 2, .bytes = 2000, .wire_bytes = 2028}},
        .application = 443,
        .state = FLOW_SOURCE | FLOW_SYN,
        .tcp_flags = {2, 18},
        .rare = FLOW_NO_RARE,
        .has_mac = 1,
        .mac = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}},
        .ttl = {64, 57},
        .tos = {8, 16},
        .signatures = SIGNATURE_SSH | SIGNATURE_OTHER << SIGNATURE_BITS,
    };
}

static const struct pane_flow *put(struct activities *activities, const struct flow_entry *entry,
                                   const struct flow_rare *rare, uint64_t packets)
{
    struct flow_activity did = {.packets = packets, .bytes = 111, .wire_bytes = 222};
    assert_true(activities_put(activities, PANE_US, entry, rare, &did));
    activities_flush(activities);
    const struct pane_flow *flow = ring_peek(activities->ring, 0);
    assert_non_null(flow);
    ring_release(activities->ring, 1);
    return flow;
}

static void all_that_holds_is_written(void **state)
{
    (void)state;
    struct activities activities = activities_made();
    struct flow_entry entry = entry_made();
    const struct pane_flow *flow = put(&activities, &entry, NULL, 4);
    assert_memory_equal(&flow->key, &entry.key, sizeof(entry.key));
    assert_int_equal(flow->pane_us, PANE_US);
    assert_int_equal(flow->packets, 4);
    assert_int_equal(flow->bytes, 111);
    assert_int_equal(flow->wire_bytes, 222);
    for (unsigned side = 0; side < 2; side++) {
        assert_int_equal(flow->total_packets[side], entry.side[side].packets);
        assert_int_equal(flow->total_bytes[side], entry.side[side].bytes);
        assert_int_equal(flow->tcp_flags[side], entry.tcp_flags[side]);
        assert_int_equal(flow->ttl[side], entry.ttl[side]);
        assert_int_equal(flow->tos[side], entry.tos[side]);
    }
    assert_memory_equal(flow->mac, entry.mac, sizeof(entry.mac));
    assert_int_equal(flow->application, 443);
    assert_int_equal(flow->state, entry.state);
    assert_int_equal(flow->signature[0], SIGNATURE_SSH);
    assert_int_equal(flow->signature[1], SIGNATURE_OTHER);
    assert_int_equal(flow->flags, PANE_FLOW_MAC);
    assert_int_equal(pane_flow_source(flow), 1);
    assert_int_equal(pane_flow_protocol(flow), 6);
    activities_fini(&activities);
}

static void flags_say_what_holds(void **state)
{
    (void)state;
    struct activities activities = activities_made();
    struct flow_entry entry = entry_made();
    struct flow_rare rare = {.tunnel = TUNNEL_GTPU, .teid = {1, 2}, .has_teid = {1, 1}};
    const struct pane_flow *flow = put(&activities, &entry, &rare, 4);
    assert_int_equal(flow->flags, PANE_FLOW_MAC | PANE_FLOW_RARE);
    assert_memory_equal(&flow->rare, &rare, sizeof(rare));

    entry.has_mac = 0;
    assert_int_equal(put(&activities, &entry, NULL, 4)->flags, 0);
    assert_int_equal(put(&activities, &entry, NULL, 5)->flags, PANE_FLOW_STARTED); // all it has
    entry.side[0].packets = entry.side[1].packets = UINT32_MAX;
    assert_int_equal(put(&activities, &entry, NULL, UINT32_MAX)->flags, 0);
    activities_fini(&activities);
}

static void a_full_ring_takes_no_more(void **state)
{
    (void)state;
    struct activities activities = activities_made();
    struct flow_entry entry = entry_made();
    struct flow_activity did = {.packets = 1};
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < SLOTS; i++) {
            assert_true(activities_put(&activities, (int64_t)i, &entry, NULL, &did));
        }
        assert_false(activities_put(&activities, SLOTS, &entry, NULL, &did));
        activities_flush(&activities);
        assert_int_equal(ring_count(activities.ring), SLOTS);
        for (unsigned i = 0; i < SLOTS; i++) {
            const struct pane_flow *flow = ring_peek(activities.ring, i);
            assert_int_equal(flow->pane_us, i);
        }
        ring_release(activities.ring, SLOTS);
    }
    activities_fini(&activities);
    activities_fini(&(struct activities){0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_holds_is_written),
        cmocka_unit_test(flags_say_what_holds),
        cmocka_unit_test(a_full_ring_takes_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
