// SPDX-License-Identifier: Apache-2.0
// What workers tell of packets: what the packets say, however many workers there are and however
// the packets come.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/worker/scene.h"

enum { FRAMES = SCENE_FRAMES, TCP = 6, RST = 4, ACK = 0x10 };

#define SECOND   SCENE_SECOND
#define START_US SCENE_START_US

static struct frame frames[FRAMES];

static struct memory_capture source_of(unsigned burst_max)
{
    return (struct memory_capture){.frames = frames, .count = FRAMES, .burst_max = burst_max};
}

// What a pane ought to hold.
struct expected {
    uint64_t packets, bytes, late;
    int64_t first_us, last_us;
};

static const struct expected nothing = {.first_us = INT64_MAX, .last_us = INT64_MIN};

static bool is_rejected(const struct frame *frame)
{
    return frame->data[13] == 6 || frame->captured_bytes < 34; // ARP, or cut in its IP header
}

static void expected_add(struct expected *expected, const struct frame *frame, int64_t start_us)
{
    bool late = frame->time_us < start_us;
    expected->late += late;
    if (is_rejected(frame)) {
        return;
    }
    expected->packets++;
    expected->bytes += frame->wire_bytes - 14;
    if (!late) {
        int64_t time_us = frame->time_us;
        expected->first_us = time_us < expected->first_us ? time_us : expected->first_us;
        expected->last_us = time_us > expected->last_us ? time_us : expected->last_us;
    }
}

static void expected_check(const struct expected *expected, const struct pane *pane)
{
    assert_int_equal(pane->packets, expected->packets);
    assert_int_equal(pane->bytes, expected->bytes);
    assert_int_equal(pane->wire_bytes, expected->bytes + expected->packets * 14);
    assert_int_equal(pane->loss.late, expected->late);
    assert_int_equal(pane->first_us, expected->first_us);
    assert_int_equal(pane->last_us, expected->last_us);
}

static void panes_are_those_of_the_packets(void **state)
{
    (void)state;
    scene_draw(frames, 1, SCENE_WHOLE);
    struct outcome outcome;
    scene_run_plainly(&outcome, frames);
    unsigned open = 0;
    uint64_t late = 0, rejects = 0;
    struct expected expected = nothing;
    for (unsigned i = 0; i < FRAMES; i++) {
        while (frames[i].time_us >= outcome.panes[open].end_us) {
            expected_check(&expected, &outcome.panes[open]);
            expected = nothing;
            open++;
            assert_true(open < outcome.pane_count);
        }
        expected_add(&expected, &frames[i], outcome.panes[open].start_us);
        late += frames[i].time_us < outcome.panes[open].start_us;
        rejects += is_rejected(&frames[i]);
    }
    expected_check(&expected, &outcome.panes[open]);
    assert_int_equal(open + 1, outcome.pane_count);
    assert_int_equal(outcome.books.late, late);
    assert_int_equal(outcome.books.parsed, FRAMES - rejects);
    assert_true(late > 0 && rejects > 0);
    outcome_check(&outcome);
    outcome_free(&outcome);
}

// Three flows: one falls silent, one is reset, one goes on. Each ends in the pane in which its time
// is up, not when somebody comes to ask.
static void flows_end_when_their_time_is_up(void **state)
{
    (void)state;
    enum { COUNT = 12, PANES = 6 };
    static const struct {
        unsigned ended;
        uint64_t active;
    } expected[PANES] = {{0, 2}, {1, 2}, {1, 1}, {0, 1}, {0, 1}, {1, 0}};
    static const enum flow_end ends[] = {FLOW_END_RST, FLOW_END_IDLE, FLOW_END_SHUTDOWN};
    for (int64_t i = 0; i < COUNT; i++) {
        uint32_t flow = i == 0 ? 1 : i == 1 ? 2 : 3;
        frame_make(&frames[i], &(struct frame_spec){.time_us = START_US + i * SECOND / 2,
                                                    .flow = flow,
                                                    .protocol = TCP,
                                                    .tcp_flags = flow == 2 ? RST : ACK});
    }
    for (unsigned count = 1; count <= 2; count++) {
        struct memory_capture source = {.frames = frames, .count = COUNT, .burst_max = 1};
        struct workers_options options = scene_options(count, &source);
        struct outcome outcome;
        outcome_run(&outcome, &options, &(struct outcome_consumer){0});
        assert_int_equal(outcome.pane_count, PANES);
        for (unsigned i = 0; i < PANES; i++) {
            assert_int_equal(outcome.panes[i].flows_ended, expected[i].ended);
            assert_int_equal(outcome.panes[i].flows_active, expected[i].active);
        }
        assert_int_equal(outcome.flows.count, 3);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(outcome.flows.items[i].end, ends[i]);
        }
        outcome_free(&outcome);
    }
}

static void any_number_of_workers_and_any_burst_tell_the_same(void **state)
{
    (void)state;
    scene_draw(frames, 2, SCENE_FRAGMENTED);
    struct outcome plain;
    scene_run_plainly(&plain, frames);
    outcome_check(&plain);
    assert_int_equal(plain.books.parsed + outcome_rejects(&plain.books), FRAMES);
    assert_true(plain.books.fragments.matched > 0 && plain.books.fragments.unmatched > 0);
    static const unsigned bursts[] = {1, 7, CAPTURE_BURST_MAX};
    for (unsigned count = 1; count <= 3; count++) {
        for (size_t i = 0; i < sizeof(bursts) / sizeof(bursts[0]); i++) {
            struct memory_capture source = source_of(bursts[i]);
            struct workers_options options = scene_options(count, &source);
            struct outcome outcome;
            outcome_run(&outcome, &options, &(struct outcome_consumer){0});
            outcomes_compare(&outcome, &plain);
            outcome_free(&outcome);
        }
    }
    outcome_free(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(panes_are_those_of_the_packets),
        cmocka_unit_test(flows_end_when_their_time_is_up),
        cmocka_unit_test(any_number_of_workers_and_any_burst_tell_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
