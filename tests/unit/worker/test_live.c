// SPDX-License-Identifier: Apache-2.0
// Workers on a link: streams of their own, a clock that goes on without packets, a way out that is
// full.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/base/clock.h"
#include "dataplane/window/pane_flow.h"
#include "tests/unit/worker/scene.h"

enum { STREAMS = 3, PANE_US = 20000, QUIET_US = 500000 };

static struct frame frames[SCENE_FRAMES];
static struct frame parts[STREAMS][SCENE_FRAMES];

// By the endpoints' octets, which both directions of a flow have.
static unsigned part_of(const struct frame *frame)
{
    unsigned sum = 0;
    for (unsigned i = 26; i < 34 && i < frame->captured_bytes; i++) {
        sum += frame->data[i];
    }
    return sum % STREAMS;
}

// One worker and one stream at a time: what each of several has to come to.
static void part_run(struct workers_books *sum, struct memory_capture source)
{
    struct workers_options options = scene_options(1, &source);
    struct outcome outcome;
    outcome_run(&outcome, &options, &(struct outcome_consumer){0});
    sum->parsed += outcome.books.parsed;
    sum->rejects[PARSE_REJECT_ARP] += outcome_rejects(&outcome.books);
    sum->flows.started += outcome.books.flows.started;
    outcome_free(&outcome);
}

static void streams_of_their_own_lose_nothing(void **state)
{
    (void)state;
    scene_draw(frames, 7, SCENE_FRAGMENTED);
    size_t counts[STREAMS] = {0};
    for (size_t i = 0; i < SCENE_FRAMES; i++) {
        unsigned part = part_of(&frames[i]);
        parts[part][counts[part]++] = frames[i];
    }
    struct memory_capture sources[STREAMS];
    struct capture *captures[STREAMS];
    struct workers_options options = {0};
    struct workers_books sum = {0};
    for (unsigned i = 0; i < STREAMS; i++) {
        sources[i] = (struct memory_capture){
            .frames = parts[i], .count = counts[i], .burst_max = CAPTURE_BURST_MAX};
        part_run(&sum, sources[i]);
        options = scene_options(STREAMS, &sources[i]);
        captures[i] = &sources[i].capture;
    }
    options.captures = captures;
    options.capture_count = STREAMS;
    options.tally.activities = 4; // waited for
    struct outcome outcome;
    outcome_run(&outcome, &options, &(struct outcome_consumer){0});
    outcome_check(&outcome);
    assert_int_equal(outcome.books.parsed, sum.parsed);
    assert_int_equal(outcome_rejects(&outcome.books), sum.rejects[PARSE_REJECT_ARP]);
    assert_int_equal(outcome.books.flows.started, sum.flows.started);
    outcome_free(&outcome);
}

// Gives out one packet, of now or later, and then none until it ends.
struct silence {
    struct capture capture;
    struct frame frame;
    int64_t ahead_us; // by which the clock is set back behind the packet
    int64_t began_us;
    bool given;
    uint64_t *looks; // at its statistics
};

static int silence_rx_burst(struct capture *capture, struct packet *packets, unsigned count)
{
    struct silence *silence = (struct silence *)capture;
    (void)count;
    if (silence->given) {
        return clock_monotonic_us() - silence->began_us < QUIET_US ? 0 : CAPTURE_END;
    }
    silence->given = true;
    silence->began_us = clock_monotonic_us();
    packets[0] = (struct packet){.data = silence->frame.data,
                                 .time_us = clock_wall_us() + silence->ahead_us,
                                 .captured_bytes = silence->frame.captured_bytes,
                                 .wire_bytes = silence->frame.wire_bytes,
                                 .link_type = LINK_ETHERNET};
    return 1;
}

static void silence_release(struct capture *capture)
{
    (void)capture;
}

// The kernel lost a packet with each look at it.
static void silence_stats(const struct capture *capture, struct capture_stats *stats)
{
    uint64_t looks = ++*((const struct silence *)capture)->looks;
    *stats = (struct capture_stats){.received = 1};
    stats->drops[CAPTURE_DROP_RING_FULL] = looks;
    stats->drops[CAPTURE_DROP_FILTERED] = 1000 * looks; // no loss
}

static const struct capture_ops silence_ops = {
    .name = "silence",
    .rx_burst = silence_rx_burst,
    .release = silence_release,
    .stats = silence_stats,
};

static struct workers_options live_options(unsigned count)
{
    struct memory_capture unused = {0};
    struct workers_options options = scene_options(count, &unused);
    options.reader.clock = READER_WALL_CLOCK;
    options.reader.pane_us = PANE_US;
    options.tally.pressure = TALLY_SHEDS;
    options.tally.flow.idle_timeout_us = PANE_US;
    return options;
}

static void panes_close_while_no_packet_comes(void **state)
{
    (void)state;
    enum reader_idle idles[] = {READER_SLEEPS, READER_POLLS};
    for (unsigned count = 1; count <= 2; count++) {
        for (unsigned i = 0; i < 2; i++) {
            uint64_t looks = 0;
            struct silence silence = {.capture = {&silence_ops}, .looks = &looks};
            struct capture *captures[] = {&silence.capture};
            frame_make(&silence.frame, &(struct frame_spec){.protocol = 17});
            struct workers_options options = live_options(count);
            options.captures = captures;
            options.reader.idle = idles[i];
            struct outcome outcome;
            outcome_run(&outcome, &options, &(struct outcome_consumer){0});
            assert_in_range(outcome.pane_count, 4, QUIET_US / PANE_US + 30);
            uint64_t drops = 0;
            for (unsigned pane = 0; pane < outcome.pane_count; pane++) {
                assert_int_equal(outcome.panes[pane].start_us % PANE_US, 0);
                drops += outcome.panes[pane].loss.capture_drops;
            }
            assert_int_equal(drops, looks);
            // The one flow was ended in its time, not by the end.
            assert_int_equal(outcome.flows.count, 1);
            assert_int_equal(outcome.flows.items[0].end, FLOW_END_IDLE);
            outcome_free(&outcome);
        }
    }
}

static void a_clock_set_back_holds_nothing_up(void **state)
{
    (void)state;
    enum frame_kind kinds[] = {FRAME_PACKET, FRAME_FRAGMENT_LATER};
    for (unsigned count = 1; count <= 2; count++) {
        for (unsigned i = 0; i < 2; i++) {
            uint64_t looks = 0;
            struct silence silence = {
                .capture = {&silence_ops}, .looks = &looks, .ahead_us = 3600 * SCENE_SECOND};
            struct capture *captures[] = {&silence.capture};
            frame_make(&silence.frame, &(struct frame_spec){.kind = kinds[i], .protocol = 17});
            struct workers_options options = live_options(count);
            options.captures = captures;
            struct outcome outcome;
            outcome_run(&outcome, &options, &(struct outcome_consumer){0});
            assert_in_range(outcome.pane_count, 4, QUIET_US / PANE_US + 30);
            assert_true(outcome.panes[1].start_us < outcome.panes[0].start_us);
            assert_int_equal(outcome.panes[0].packets, 1); // a fragment is not waited for
            assert_int_equal(outcome.flows.count, 1);
            assert_int_equal(outcome.flows.items[0].end, FLOW_END_IDLE);
            assert_true(outcome.flows.items[0].start_us < clock_wall_us());
            outcome_free(&outcome);
        }
    }
}

// As a device that went away while its drops were counted.
static void fewer_stats(const struct capture *capture, struct capture_stats *stats)
{
    (void)capture;
    static uint64_t looks;
    *stats = (struct capture_stats){.drops[CAPTURE_DROP_MISSED] = looks++ < 3 ? 5 : 0};
}

static void drops_that_are_no_longer_known_are_none(void **state)
{
    (void)state;
    struct capture_ops ops = silence_ops;
    ops.stats = fewer_stats;
    struct silence silence = {.capture = {&ops}};
    struct capture *captures[] = {&silence.capture};
    frame_make(&silence.frame, &(struct frame_spec){.protocol = 17});
    struct workers_options options = live_options(1);
    options.captures = captures;
    struct outcome outcome;
    outcome_run(&outcome, &options, &(struct outcome_consumer){0});
    assert_in_range(outcome.pane_count, 4, QUIET_US / PANE_US + 30);
    for (unsigned pane = 0; pane < outcome.pane_count; pane++) {
        assert_int_equal(outcome.panes[pane].loss.capture_drops, pane == 0 ? 5 : 0);
    }
    outcome_free(&outcome);
}

static struct facts facts_of(unsigned flow, unsigned direction, struct hash_secret secret)
{
    struct facts facts = {.time_us = SCENE_START_US, .bytes = 100, .wire_bytes = 114};
    facts.key.address[0][0] = 10;
    memcpy(&facts.key.address[0][4], &flow, sizeof(flow));
    facts.key.vni_protocol = 17;
    facts.direction = (uint8_t)direction;
    facts.hash = hash_bytes(&facts.key, sizeof(facts.key), secret);
    return facts;
}

// Slight flows come first and would fill the way out.
static void a_flood_costs_the_records_of_nobody_else(void **state)
{
    (void)state;
    enum { SLIGHT = 1000, TALKERS = 40, MESSAGES = 256 };
    struct memory_capture unused = {0};
    struct tally_options options = scene_options(1, &unused).tally;
    options.messages = MESSAGES;
    options.pressure = TALLY_SHEDS;
    struct tally *tally = NULL;
    struct error err;
    assert_int_equal(tally_create(&tally, &options, &err), 0);
    tally_turn(tally, &(struct pane_turn){.begins = true,
                                          .start_us = SCENE_START_US,
                                          .end_us = SCENE_START_US + SCENE_SECOND});
    for (unsigned flow = 0; flow < SLIGHT + TALKERS; flow++) {
        for (unsigned direction = 0; direction < (flow < SLIGHT ? 1 : 2); direction++) {
            struct facts facts = facts_of(flow, direction, options.flow.secret);
            tally_add(tally, &facts, 1);
        }
    }
    assert_int_equal(tally_live_packets(tally), SLIGHT + 2 * TALKERS);
    for (unsigned part = 0; part < FLOW_SWEEP_PARTS; part++) {
        tally_sweep(tally, SCENE_START_US + 10 * SCENE_SECOND);
    }
    struct ring *ring = tally_ring(tally);
    const struct tally_message *first = ring_peek(ring, 0);
    assert_int_equal(first->type, TALLY_OPEN);
    assert_int_equal(first->pane->start_us, SCENE_START_US);
    ring_release(ring, 1);
    unsigned slight = 0, talkers = 0;
    for (const struct tally_message *message; (message = ring_peek(ring, 0)) != NULL;) {
        const struct flow_side *side = message->flow.flow.side;
        assert_int_equal(message->type, TALLY_FLOW);
        talkers += side[1].packets != 0;
        slight += side[1].packets == 0;
        ring_release(ring, 1);
    }
    assert_int_equal(talkers, TALKERS);
    assert_in_range(slight, 1, MESSAGES - TALKERS);
    assert_int_equal(tally_shed(tally) + slight, SLIGHT);
    assert_int_equal(tally_flow_stats(tally)->ended, SLIGHT + TALKERS);

    struct pane_turn last = {.ends = true, .last_us = SCENE_START_US};
    tally_turn(tally, &last);
    const struct tally_message *message = ring_peek(ring, 0);
    assert_int_equal(message->type, TALLY_PANE);
    assert_int_equal(message->pane->loss.shed, tally_shed(tally));
    tally_free(tally);
}

// The next pane that the tally tells as closed.
static struct pane *pane_next(struct tally *tally)
{
    struct ring *ring = tally_ring(tally);
    for (const struct tally_message *message; (message = ring_peek(ring, 0)) != NULL;) {
        struct pane *pane = message->type == TALLY_PANE ? message->pane : NULL;
        ring_release(ring, 1);
        if (pane != NULL) {
            return pane;
        }
    }
    fail_msg("no pane has closed");
    return NULL;
}

// What finds no room is counted by its packets, and a full way costs nothing else.
static void what_flows_did_is_shed_and_counted(void **state)
{
    (void)state;
    enum { FLOWS = 1000, ROOM = 256 };
    struct memory_capture unused = {0};
    struct tally_options options = scene_options(1, &unused).tally;
    options.activities = ROOM;
    options.pressure = TALLY_SHEDS;
    struct tally *tally = NULL;
    struct error err;
    assert_int_equal(tally_create(&tally, &options, &err), 0);
    struct pane_turn turn = {
        .begins = true, .start_us = SCENE_START_US, .end_us = SCENE_START_US + SCENE_SECOND};
    tally_turn(tally, &turn);
    for (unsigned flow = 0; flow < FLOWS; flow++) {
        for (unsigned packet = 0; packet <= flow % 3; packet++) {
            struct facts facts = facts_of(flow, packet % 2, options.flow.secret);
            tally_add(tally, &facts, 1);
        }
    }
    turn.ends = true;
    turn.start_us += SCENE_SECOND;
    turn.end_us += SCENE_SECOND;
    tally_turn(tally, &turn);

    struct ring *activities = tally_activities(tally);
    assert_int_equal(ring_count(activities), ROOM);
    uint64_t packets = 0;
    for (unsigned i = 0; i < ROOM; i++) {
        const struct pane_flow *flow = ring_peek(activities, i);
        assert_int_equal(flow->pane_us, SCENE_START_US);
        packets += flow->packets;
    }
    struct pane *pane = pane_next(tally);
    assert_true(pane->loss.activity_shed > 0);
    assert_int_equal(pane->packets, packets + pane->loss.activity_shed);
    assert_int_equal(pane->loss.shed, 0);
    pane_give_back(pane);

    // There is room again in the next pane.
    ring_release(activities, ROOM);
    struct facts facts = facts_of(FLOWS, 0, options.flow.secret);
    tally_add(tally, &facts, 1);
    tally_turn(tally, &turn);
    assert_int_equal(ring_count(activities), 1);
    const struct pane_flow *flow = ring_peek(activities, 0);
    assert_int_equal(flow->pane_us, SCENE_START_US + SCENE_SECOND);
    pane = pane_next(tally);
    assert_int_equal(pane->packets, 1);
    assert_int_equal(pane->loss.activity_shed, 0);
    tally_free(tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_of_their_own_lose_nothing),
        cmocka_unit_test(panes_close_while_no_packet_comes),
        cmocka_unit_test(a_clock_set_back_holds_nothing_up),
        cmocka_unit_test(drops_that_are_no_longer_known_are_none),
        cmocka_unit_test(a_flood_costs_the_records_of_nobody_else),
        cmocka_unit_test(what_flows_did_is_shed_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
