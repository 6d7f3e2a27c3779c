// SPDX-License-Identifier: Apache-2.0
// The life of workers: held up, short of room, stopped, not started; nothing may be lost.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sched.h>

#include "tests/unit/worker/scene.h"

enum { FRAMES = SCENE_FRAMES, NO_CPU = 1023 };

static struct frame frames[FRAMES];

static struct memory_capture source_of(unsigned burst_max)
{
    return (struct memory_capture){.frames = frames, .count = FRAMES, .burst_max = burst_max};
}

static void a_slow_consumer_loses_nothing(void **state)
{
    (void)state;
    scene_draw(frames, 3, SCENE_FRAGMENTED);
    struct outcome plain;
    scene_run_plainly(&plain, frames);
    for (unsigned count = 1; count <= 3; count += 2) {
        struct memory_capture source = source_of(CAPTURE_BURST_MAX);
        struct workers_options options = scene_options(count, &source);
        options.tally.messages = 2;
        options.tally.activities = 2;
        struct outcome outcome;
        outcome_run(&outcome, &options, &(struct outcome_consumer){.pause_us = 20});
        outcomes_compare(&outcome, &plain);
        outcome_free(&outcome);
    }
    outcome_free(&plain);
}

// Less room for what flows did than flows in a pane, down to one: the workers wait, nobody for
// ever.
static void small_rings_of_activities_lose_nothing(void **state)
{
    (void)state;
    scene_draw(frames, 8, SCENE_FRAGMENTED);
    struct outcome plain;
    scene_run_plainly(&plain, frames);
    for (unsigned count = 1; count <= 4; count++) {
        for (size_t activities = 1; activities <= 64; activities *= 8) {
            struct memory_capture source = source_of(CAPTURE_BURST_MAX);
            struct workers_options options = scene_options(count, &source);
            options.tally.activities = activities;
            options.tally.messages = activities;
            struct outcome outcome;
            outcome_run(&outcome, &options, &(struct outcome_consumer){0});
            assert_int_equal(outcome.activities, plain.activities);
            outcomes_compare(&outcome, &plain);
            outcome_free(&outcome);
        }
    }
    outcome_free(&plain);
}

static void full_tables_evict_and_lose_nothing(void **state)
{
    (void)state;
    scene_draw(frames, 4, SCENE_FRAGMENTED);
    for (unsigned count = 1; count <= 3; count += 2) {
        struct memory_capture source = source_of(CAPTURE_BURST_MAX);
        struct workers_options options = scene_options(count, &source);
        options.tally.flow.max_flows = 20;
        options.tally.window.max_hosts = 5;
        struct outcome outcome;
        outcome_run(&outcome, &options, &(struct outcome_consumer){0});
        outcome_check(&outcome);
        assert_true(outcome.books.flows.evicted > 0);
        outcome_free(&outcome);
    }
}

static void a_stop_in_the_middle_ends_orderly(void **state)
{
    (void)state;
    scene_draw(frames, 5, SCENE_FRAGMENTED);
    for (unsigned count = 1; count <= 3; count += 2) {
        struct memory_capture source = source_of(CAPTURE_BURST_MAX);
        source.again_us = 300 * SCENE_SECOND; // over and over
        struct workers_options options = scene_options(count, &source);
        struct outcome outcome;
        outcome_run(&outcome, &options, &(struct outcome_consumer){.stop_after_flows = 2 * FRAMES});
        outcome_check(&outcome);
        assert_int_equal(outcome.books.parsed + outcome_rejects(&outcome.books),
                         source.stats.received);
        assert_int_equal(source.lent_count, 0);
        outcome_free(&outcome);
    }
}

static void no_packets_no_panes(void **state)
{
    (void)state;
    for (unsigned count = 1; count <= 2; count++) {
        struct memory_capture source = {.frames = frames, .burst_max = 1};
        struct workers_options options = scene_options(count, &source);
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
        struct workers_options options = scene_options(cases[i].count, &source);
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
    scene_draw(frames, 6, SCENE_FRAGMENTED);
    struct outcome plain, outcome;
    scene_run_plainly(&plain, frames);
    struct memory_capture source = source_of(CAPTURE_BURST_MAX);
    struct workers_options options = scene_options(2, &source);
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
        cmocka_unit_test(a_slow_consumer_loses_nothing),
        cmocka_unit_test(small_rings_of_activities_lose_nothing),
        cmocka_unit_test(full_tables_evict_and_lose_nothing),
        cmocka_unit_test(a_stop_in_the_middle_ends_orderly),
        cmocka_unit_test(no_packets_no_panes),
        cmocka_unit_test(a_start_that_fails_leaves_no_thread),
        cmocka_unit_test(more_cores_than_threads_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
