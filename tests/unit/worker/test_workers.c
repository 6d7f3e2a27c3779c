// SPDX-License-Identifier: Apache-2.0
// Workers from a source in memory to joined panes: however many they are and however the packets
// come, the same is told.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sched.h>

#include "tests/unit/base/random.h"
#include "tests/unit/worker/memory_capture.h"
#include "tests/unit/worker/outcome.h"

enum { FRAMES = 5000, FLOWS = 300, FRAGMENTED_FLOWS = 6, TCP = 6, UDP = 17, NO_CPU = 1023 };
enum { SYN = 2, FIN_ACK = 0x11, RST = 4, SYN_ACK = 0x12, ACK = 0x10 };

#define MS       INT64_C(1000)
#define SECOND   INT64_C(1000000)
#define START_US INT64_C(1700000000000000)

static struct frame frames[FRAMES];

static enum frame_kind kind_draw(struct random *random, bool fragments)
{
    uint64_t draw = random_below(random, 100);
    if (draw < 4) {
        return draw < 2 ? FRAME_ARP : FRAME_CUT;
    }
    if (fragments && draw < 16) {
        return draw < 9 ? FRAME_FRAGMENT_FIRST : FRAME_FRAGMENT_LATER;
    }
    return FRAME_PACKET;
}

// Half a minute and a bit, with silences short and long, late packets, fragments that overtake
// their first or have none, and frames that are rejected.
static void frames_draw(uint64_t seed, bool fragments)
{
    static const uint8_t flags[] = {SYN, SYN_ACK, ACK, ACK, ACK, ACK, ACK, ACK, FIN_ACK, RST};
    struct random random = {.state = seed};
    int64_t latest_us = START_US;
    for (unsigned i = 0; i < FRAMES; i++) {
        latest_us += (int64_t)random_below(&random, 12 * (uint64_t)MS);
        if (i % 1000 == 999) {
            latest_us += (int64_t)random_below(&random, 20 * (uint64_t)SECOND);
        }
        bool late = random_below(&random, 50) == 0;
        enum frame_kind kind = kind_draw(&random, fragments);
        bool fragment = kind == FRAME_FRAGMENT_FIRST || kind == FRAME_FRAGMENT_LATER;
        uint32_t flow = (uint32_t)random_below(&random, fragment ? FRAGMENTED_FLOWS : FLOWS);
        frame_make(
            &frames[i],
            &(struct frame_spec){
                .kind = kind,
                .time_us = latest_us - (late ? (int64_t)random_below(&random, 3 * SECOND) : 0),
                .flow = flow,
                .protocol = flow % 3 == 0 ? UDP : TCP,
                .direction = (uint8_t)random_below(&random, 2),
                .tcp_flags = flags[random_below(&random, sizeof(flags))],
                .identification = (uint16_t)random_below(&random, 3),
                .payload_bytes = (uint16_t)random_below(&random, 1400),
            });
    }
}

static struct workers_options options_of(unsigned count, struct memory_capture *source)
{
    memory_capture_init(source);
    return (struct workers_options){
        .count = count,
        .reader = {.capture = &source->capture,
                   .parse = {.vlan_in_key = true, .decap_tunnels = true},
                   .max_fragments = 64,
                   .fragment_timeout_us = SECOND,
                   .pane_us = SECOND,
                   .quiet_us = 3 * SECOND,
                   .pages = MEMORY_PAGES_NEVER},
        .tally = {.flow = {.max_flows = 4096,
                           .max_rare = 16,
                           .idle_timeout_us = 2 * SECOND,
                           .active_timeout_us = 6 * SECOND,
                           .tcp_linger_us = SECOND / 2,
                           .pages = MEMORY_PAGES_NEVER},
                  .window = {.max_hosts = 1024, .pages = MEMORY_PAGES_NEVER},
                  .messages = 1024},
    };
}

static struct memory_capture source_of(unsigned burst_max)
{
    return (struct memory_capture){.frames = frames, .count = FRAMES, .burst_max = burst_max};
}

// One worker, whole bursts: what all others are held against.
static void plain_run(struct outcome *outcome)
{
    struct memory_capture source = source_of(CAPTURE_BURST_MAX);
    struct workers_options options = options_of(1, &source);
    outcome_run(outcome, &options, &(struct outcome_consumer){0});
}

static uint64_t rejects_of(const struct workers_books *books)
{
    uint64_t rejects = 0;
    for (unsigned cause = 0; cause < PARSE_REJECT_COUNT; cause++) {
        rejects += books->rejects[cause];
    }
    return rejects;
}

// Sums over panes against sums over flows and against the books.
static void books_check(const struct outcome *outcome)
{
    uint64_t flow_packets = 0, flow_bytes = 0;
    for (size_t i = 0; i < outcome->flows.count; i++) {
        const struct said_side *side = outcome->flows.items[i].side;
        flow_packets += side[0].packets + side[1].packets;
        flow_bytes += side[0].bytes + side[1].bytes;
    }
    struct pane sum = {0};
    for (unsigned i = 0; i < outcome->pane_count; i++) {
        const struct pane *pane = &outcome->panes[i];
        sum.packets += pane->packets;
        sum.bytes += pane->bytes;
        sum.flows_started += pane->flows_started;
        sum.flows_ended += pane->flows_ended;
        sum.loss.late += pane->loss.late;
        sum.loss.parse_rejects += pane->loss.parse_rejects;
        sum.loss.evicted += pane->loss.evicted;
        assert_int_equal(pane->flows_active, sum.flows_started - sum.flows_ended);
    }
    const struct workers_books *books = &outcome->books;
    assert_int_equal(flow_packets, books->parsed);
    assert_int_equal(sum.packets, books->parsed);
    assert_int_equal(sum.bytes, flow_bytes);
    assert_int_equal(books->flows.packets, books->parsed);
    assert_int_equal(books->flows.ended_packets, books->parsed);
    assert_int_equal(sum.flows_started, books->flows.started);
    assert_int_equal(sum.flows_ended, books->flows.ended);
    assert_int_equal(sum.flows_ended, outcome->flows.count);
    assert_int_equal(sum.flows_started, sum.flows_ended);
    assert_int_equal(sum.loss.late, books->late);
    assert_int_equal(sum.loss.parse_rejects, rejects_of(books));
    assert_int_equal(sum.loss.evicted, books->flows.evicted);
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
    frames_draw(1, false);
    struct outcome outcome;
    plain_run(&outcome);
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
    books_check(&outcome);
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
        struct workers_options options = options_of(count, &source);
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
    frames_draw(2, true);
    struct outcome plain;
    plain_run(&plain);
    books_check(&plain);
    assert_int_equal(plain.books.parsed + rejects_of(&plain.books), FRAMES);
    assert_true(plain.books.fragments.matched > 0 && plain.books.fragments.unmatched > 0);
    static const unsigned bursts[] = {1, 7, CAPTURE_BURST_MAX};
    for (unsigned count = 1; count <= 3; count++) {
        for (size_t i = 0; i < sizeof(bursts) / sizeof(bursts[0]); i++) {
            struct memory_capture source = source_of(bursts[i]);
            struct workers_options options = options_of(count, &source);
            struct outcome outcome;
            outcome_run(&outcome, &options, &(struct outcome_consumer){0});
            outcomes_compare(&outcome, &plain);
            outcome_free(&outcome);
        }
    }
    outcome_free(&plain);
}

static void a_slow_consumer_loses_nothing(void **state)
{
    (void)state;
    frames_draw(3, true);
    struct outcome plain;
    plain_run(&plain);
    for (unsigned count = 1; count <= 3; count += 2) {
        struct memory_capture source = source_of(CAPTURE_BURST_MAX);
        struct workers_options options = options_of(count, &source);
        options.tally.messages = 2;
        struct outcome outcome;
        outcome_run(&outcome, &options, &(struct outcome_consumer){.pause_us = 20});
        outcomes_compare(&outcome, &plain);
        outcome_free(&outcome);
    }
    outcome_free(&plain);
}

static void full_tables_evict_and_lose_nothing(void **state)
{
    (void)state;
    frames_draw(4, true);
    for (unsigned count = 1; count <= 3; count += 2) {
        struct memory_capture source = source_of(CAPTURE_BURST_MAX);
        struct workers_options options = options_of(count, &source);
        options.tally.flow.max_flows = 20;
        options.tally.window.max_hosts = 5;
        struct outcome outcome;
        outcome_run(&outcome, &options, &(struct outcome_consumer){0});
        books_check(&outcome);
        assert_true(outcome.books.flows.evicted > 0);
        outcome_free(&outcome);
    }
}

static void a_stop_in_the_middle_ends_orderly(void **state)
{
    (void)state;
    frames_draw(5, true);
    for (unsigned count = 1; count <= 3; count += 2) {
        struct memory_capture source = source_of(CAPTURE_BURST_MAX);
        source.again_us = 300 * SECOND; // over and over
        struct workers_options options = options_of(count, &source);
        struct outcome outcome;
        outcome_run(&outcome, &options, &(struct outcome_consumer){.stop_after_flows = 2 * FRAMES});
        books_check(&outcome);
        assert_int_equal(outcome.books.parsed + rejects_of(&outcome.books), source.stats.received);
        assert_int_equal(source.lent_count, 0);
        outcome_free(&outcome);
    }
}

static void no_packets_no_panes(void **state)
{
    (void)state;
    for (unsigned count = 1; count <= 2; count++) {
        struct memory_capture source = {.frames = frames, .burst_max = 1};
        struct workers_options options = options_of(count, &source);
        struct outcome outcome;
        outcome_run(&outcome, &options, &(struct outcome_consumer){0});
        assert_int_equal(outcome.pane_count + outcome.flows.count + outcome.books.parsed, 0);
        outcome_free(&outcome);
    }
}

static unsigned cpu_at_hand(void)
{
    cpu_set_t allowed;
    assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
    unsigned cpu = 0;
    while (!CPU_ISSET(cpu, &allowed)) {
        cpu++;
    }
    return cpu;
}

// The CPU that is not there is one of a worker or the reading thread's: those that already run end.
static void a_start_that_fails_leaves_no_thread(void **state)
{
    (void)state;
    static const struct {
        unsigned count, bad;
    } cases[] = {{1, 0}, {3, 0}, {3, 2}, {3, 3}};
    unsigned cpu = cpu_at_hand();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned cores[4] = {cpu, cpu, cpu, cpu};
        cores[cases[i].bad] = NO_CPU;
        struct memory_capture source = source_of(1);
        struct workers_options options = options_of(cases[i].count, &source);
        options.cores = cores;
        options.core_count = 4;
        struct error err = {0};
        struct workers *workers = NULL;
        assert_int_equal(workers_create(&workers, &options, &err), 0);
        assert_int_equal(workers_start(workers, &err), -EINVAL);
        assert_non_null(strstr(err.text, "1023"));
        assert_int_equal(source.calls, 0);
        workers_free(workers); // ASan and TSan tell of threads and memory left behind
    }
    workers_free(NULL);
}

// A configuration may name more CPUs than workers can be.
static void more_cores_than_threads_are_ignored(void **state)
{
    (void)state;
    enum { CORES = 1000 };
    unsigned cores[CORES];
    unsigned cpu = cpu_at_hand();
    for (unsigned i = 0; i < CORES; i++) {
        cores[i] = i < 3 ? cpu : NO_CPU;
    }
    frames_draw(6, true);
    struct outcome plain, outcome;
    plain_run(&plain);
    struct memory_capture source = source_of(CAPTURE_BURST_MAX);
    struct workers_options options = options_of(2, &source);
    options.cores = cores;
    options.core_count = CORES;
    outcome_run(&outcome, &options, &(struct outcome_consumer){0});
    assert_int_equal(source.cpus, 1);
    outcomes_compare(&outcome, &plain);
    outcome_free(&outcome);
    outcome_free(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(panes_are_those_of_the_packets),
        cmocka_unit_test(flows_end_when_their_time_is_up),
        cmocka_unit_test(any_number_of_workers_and_any_burst_tell_the_same),
        cmocka_unit_test(a_slow_consumer_loses_nothing),
        cmocka_unit_test(full_tables_evict_and_lose_nothing),
        cmocka_unit_test(a_stop_in_the_middle_ends_orderly),
        cmocka_unit_test(no_packets_no_panes),
        cmocka_unit_test(a_start_that_fails_leaves_no_thread),
        cmocka_unit_test(more_cores_than_threads_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
