// SPDX-License-Identifier: Apache-2.0
// Every row of the case tables: whole, cut at every octet, turned around, on both paths.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/parse/walk.h"
#include "tests/unit/parse/cases.h"
#include "tests/unit/parse/facts_check.h"
#include "tests/unit/parse/facts_sane.h"
#include "tests/unit/parse/frame_text.h"

static const struct parse_cases *const tables[] = {
    &cases_link,
    &cases_reject,
    &cases_ip,
    &cases_tunnel,
};

static const struct parse_options usual = {.vlan_in_key = true, .decap_tunnels = true};

static void each_case(void (*check)(const struct parse_case *row))
{
    for (size_t table = 0; table < sizeof(tables) / sizeof(tables[0]); table++) {
        for (size_t i = 0; i < tables[table]->count; i++) {
            check(&tables[table]->rows[i]);
        }
    }
}

// Facts that no parser wrote, so that a field left out shows.
static struct facts facts_blank(void)
{
    struct facts facts;
    memset(&facts, 0xa5, sizeof(facts));
    return facts;
}

// A packet of the first `captured` octets in memory of just that size: a read behind it is caught.
static struct packet packet_cut(const struct parse_case *row, const struct frame *frame,
                                uint32_t captured)
{
    uint8_t *octets = malloc(captured);
    assert_true(octets != NULL || captured == 0);
    if (captured != 0) {
        memcpy(octets, frame->octets, captured);
    }
    return (struct packet){
        .data = octets,
        .time_us = 1700000000000001,
        .captured_bytes = captured,
        .wire_bytes = frame->bytes + row->more_wire,
        .link_type = row->link,
    };
}

static void packet_free(struct packet *packet)
{
    free((void *)packet->data);
}

static void frame_build(struct frame *frame, const struct parse_case *row, bool swapped)
{
    *frame = (struct frame){.swapped = swapped};
    frame_append(frame, row->frame);
    frame_end(frame);
}

static void whole_check(const struct parse_case *row, bool swapped)
{
    struct frame frame;
    frame_build(&frame, row, swapped);
    struct packet packet = packet_cut(row, &frame, frame.bytes);
    struct facts facts = facts_blank();
    const enum parse_reject reject = parse_packet(&packet, &usual, &facts);
    if (reject != row->reject) {
        fail_msg("%s: %s, not %s", row->name, parse_reject_name[reject],
                 parse_reject_name[row->reject]);
    }
    if (reject == PARSE_OK) {
        facts_check(row, &frame, &packet, &facts);
    }
    packet_free(&packet);
}

static void forward_check(const struct parse_case *row)
{
    whole_check(row, false);
}

// Rows whose ends are written out in hex can only go one way.
static void backward_check(const struct parse_case *row)
{
    const bool flow_written =
        strstr(row->frame, "@a4") != NULL || strstr(row->frame, "@a6") != NULL;
    if (flow_written && !row->outer && row->ports[0] == 0) {
        whole_check(row, true);
    }
}

static void test_facts_are_told(void **state)
{
    (void)state;
    each_case(forward_check);
}

static void test_both_directions_have_one_key(void **state)
{
    (void)state;
    each_case(backward_check);
}

// How much of the frame tells the flow, or 0 where the row leaves it open. Rows that end in a usual
// datagram need all up to its ports.
static uint32_t enough_octets(const struct parse_case *row, const struct frame *frame)
{
    static const char datagram[] = "@udp @data:10";
    enum { BEHIND_PORTS = 4 + 10 };

    const size_t length = strlen(row->frame), tail = sizeof(datagram) - 1;
    if (row->outer || row->reject != PARSE_OK || row->enough != 0 || length < tail ||
        strcmp(row->frame + length - tail, datagram) != 0) {
        return row->enough;
    }
    return frame->bytes - BEHIND_PORTS;
}

// A cut frame is the row's flow if it has enough, else a flow around that or a reject by name.
static void cuts_check(const struct parse_case *row)
{
    struct frame frame;
    frame_build(&frame, row, false);
    const uint32_t enough = enough_octets(row, &frame);
    for (uint32_t captured = 0; captured <= frame.bytes; captured++) {
        struct packet packet = packet_cut(row, &frame, captured);
        struct facts facts = facts_blank();
        const enum parse_reject reject = parse_packet(&packet, &usual, &facts);
        assert_in_range(reject, PARSE_OK, PARSE_REJECT_COUNT - 1);
        const char *complaint = reject == PARSE_OK ? facts_complaint(&facts, &packet) : NULL;
        if (complaint != NULL) {
            fail_msg("%s, cut to %u: %s", row->name, captured, complaint);
        }
        const bool is_the_flow = reject == PARSE_OK && facts.bytes == row->bytes;
        if (enough != 0 && is_the_flow != (captured >= enough)) {
            fail_msg("%s, cut to %u: the flow is %s", row->name, captured,
                     is_the_flow ? "guessed" : "missed");
        }
        if (reject == PARSE_OK && row->reject == PARSE_OK && row->tunnel == TUNNEL_NONE &&
            !is_the_flow) {
            fail_msg("%s, cut to %u: another flow", row->name, captured);
        }
        packet_free(&packet);
    }
}

static void test_cut_frames_stay_inside(void **state)
{
    (void)state;
    each_case(cuts_check);
}

// The same, where it is the frame itself that ends there.
static void short_frames_check(const struct parse_case *row)
{
    struct frame frame;
    frame_build(&frame, row, false);
    for (uint32_t captured = 0; captured < frame.bytes; captured++) {
        struct packet packet = packet_cut(row, &frame, captured);
        packet.wire_bytes = captured;
        struct facts facts = facts_blank();
        if (parse_packet(&packet, &usual, &facts) == PARSE_OK) {
            assert_null(facts_complaint(&facts, &packet));
        }
        packet_free(&packet);
    }
}

static void test_short_frames_stay_inside(void **state)
{
    (void)state;
    each_case(short_frames_check);
}

// The fast path tells what the walk would tell.
static void paths_check(const struct parse_case *row)
{
    struct frame frame;
    frame_build(&frame, row, false);
    struct packet packet = packet_cut(row, &frame, frame.bytes);
    struct facts fast = facts_blank(), walked = facts_blank();
    const enum parse_reject reject = parse_packet(&packet, &usual, &fast);
    assert_int_equal(walk_packet(&packet, &usual, &walked), reject);
    const char *difference = reject == PARSE_OK ? facts_difference(&fast, &walked) : NULL;
    if (difference != NULL) {
        fail_msg("%s: the paths differ in %s", row->name, difference);
    }
    packet_free(&packet);
}

static void test_both_paths_agree(void **state)
{
    (void)state;
    each_case(paths_check);
}

static void outer_check(const struct parse_case *row)
{
    static const struct parse_options outer = {.vlan_in_key = true, .decap_tunnels = false};
    if (row->tunnel == TUNNEL_NONE) {
        return;
    }
    struct frame frame;
    frame_build(&frame, row, false);
    struct packet packet = packet_cut(row, &frame, frame.bytes);
    struct facts facts = facts_blank();
    assert_int_equal(parse_packet(&packet, &outer, &facts), PARSE_OK);
    assert_int_equal(facts.ttl, FRAME_OUTER_TTL);
    assert_int_equal(facts.key.vni_protocol >> 8, 0);
    assert_int_equal(facts.flags & FACTS_RARE, 0);
    packet_free(&packet);
}

static void test_tunnels_can_be_left_closed(void **state)
{
    (void)state;
    each_case(outer_check);
}

static void vlans_check(const struct parse_case *row)
{
    static const struct parse_options no_vlans = {.vlan_in_key = false, .decap_tunnels = true};
    struct frame frame;
    frame_build(&frame, row, false);
    struct packet packet = packet_cut(row, &frame, frame.bytes);
    struct facts facts = facts_blank();
    assert_int_equal(parse_packet(&packet, &no_vlans, &facts), row->reject);
    if (row->reject == PARSE_OK) {
        struct parse_case plain = *row;
        plain.vlan_count = 0;
        facts_check(&plain, &frame, &packet, &facts);
    }
    packet_free(&packet);
}

static void test_vlans_can_be_left_out(void **state)
{
    (void)state;
    each_case(vlans_check);
}

static bool reject_seen[PARSE_REJECT_COUNT];

static void reject_mark(const struct parse_case *row)
{
    reject_seen[row->reject] = true;
}

static void test_rejects_all_have_a_case(void **state)
{
    (void)state;
    reject_seen[PARSE_REJECT_LAYER_DEPTH] = true; // in test_parse_bounds.c
    each_case(reject_mark);
    for (unsigned i = 0; i < PARSE_REJECT_COUNT; i++) {
        if (!reject_seen[i]) {
            fail_msg("no case for %s", parse_reject_name[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_are_told),
        cmocka_unit_test(test_both_directions_have_one_key),
        cmocka_unit_test(test_cut_frames_stay_inside),
        cmocka_unit_test(test_short_frames_stay_inside),
        cmocka_unit_test(test_both_paths_agree),
        cmocka_unit_test(test_tunnels_can_be_left_closed),
        cmocka_unit_test(test_vlans_can_be_left_out),
        cmocka_unit_test(test_rejects_all_have_a_case),
    };
    return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
