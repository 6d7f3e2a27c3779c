// SPDX-License-Identifier: Apache-2.0
// What comes out of rings that are filled by hand: in which order, and after which poll.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/collect/collect.h"
#include "dataplane/worker/tally.h"

enum {
    RINGS_MAX = 3,
    STEPS_MAX = 24,
    SLOTS = 1024,
    PANES_MAX = 16,
    PANE_US = 1000,
    TOLD_BYTES = 4096,
    TELLING_BYTES = 16
};

enum step_kind { STEP_NONE, FLOW, PANE, END, POLL };

struct step {
    enum step_kind kind;
    unsigned ring;
    int64_t number;   // FLOW: its bytes; PANE: its start
    const char *told; // POLL: "f7" is flow 7, "p1000x2" the pane of 1000 with the packets of two
    bool ended;       // POLL: nothing will follow
};

// Each pane put into a ring has one packet.
static const struct story {
    const char *name;
    unsigned rings;
    struct step steps[STEPS_MAX];
} stories[] = {
    {"one worker: all in its order",
     1,
     {{FLOW, 0, 1},
      {PANE, 0, 1000},
      {FLOW, 0, 2},
      {POLL, .told = "f1 p1000x1 "},
      {PANE, 0, 2000},
      {END, 0},
      {POLL, .told = "f2 p2000x1 "},
      {POLL, .told = "", .ended = true}}},
    {"nothing to poll", 2, {{POLL, .told = ""}, {END, 0}, {POLL, .told = ""}}},
    {"a pane waits for the slowest worker",
     2,
     {{PANE, 0, 1000},
      {POLL, .told = ""},
      {FLOW, 1, 1},
      {POLL, .told = "f1 "},
      {PANE, 1, 1000},
      {POLL, .told = "p1000x2 "}}},
    {"what a worker says behind a pane waits with it, the others' does not",
     2,
     {{PANE, 0, 1000},
      {FLOW, 0, 1},
      {FLOW, 1, 2},
      {POLL, .told = "f2 "},
      {FLOW, 1, 3},
      {PANE, 1, 1000},
      {FLOW, 1, 4},
      {POLL, .told = "f3 p1000x2 "},
      {POLL, .told = "f1 f4 "}}},
    {"panes in their order, one for each poll",
     2,
     {{PANE, 0, 1000},
      {PANE, 0, 2000},
      {PANE, 1, 1000},
      {PANE, 1, 2000},
      {POLL, .told = "p1000x2 "},
      {POLL, .told = "p2000x2 "}}},
    {"the oldest first, whoever has it",
     3,
     {{PANE, 0, 3000},
      {PANE, 1, 1000},
      {PANE, 2, 2000},
      {POLL, .told = "p1000x1 "},
      {POLL, .told = ""},
      {PANE, 1, 2000},
      {POLL, .told = "p2000x2 "},
      {PANE, 1, 3000},
      {PANE, 2, 4000},
      {POLL, .told = "p3000x2 "}}},
    {"a clock set back: what one worker has of the time before does not wait for it to come again",
     2,
     {{PANE, 0, 90000},
      {PANE, 1, 90000},
      {PANE, 0, 91000}, // the other had not come there
      {PANE, 0, 20000},
      {PANE, 1, 20000},
      {PANE, 0, 21000},
      {PANE, 1, 21000},
      {POLL, .told = "p90000x2 "},
      {POLL, .told = "p91000x1 "},
      {POLL, .told = "p20000x2 "},
      {POLL, .told = "p21000x2 "}}},
    {"a clock set back by little, which one worker has not seen: that one waits",
     2,
     {{PANE, 0, 90000},
      {PANE, 1, 90000},
      {PANE, 0, 88000},
      {PANE, 1, 91000},
      {PANE, 0, 89000},
      {PANE, 0, 91000},
      {POLL, .told = "p90000x2 "},
      {POLL, .told = "p88000x1 "},
      {POLL, .told = "p89000x1 "},
      {POLL, .told = "p91000x2 "}}},
    {"a worker that ended holds nobody up",
     2,
     {{PANE, 0, -1000},
      {PANE, 0, 0},
      {PANE, 1, -1000},
      {END, 1},
      {POLL, .told = "p-1000x2 "},
      {POLL, .told = "p0x1 "},
      {END, 0},
      {POLL, .told = "", .ended = true}}},
    {"the end of all comes after the last pane",
     2,
     {{END, 0},
      {POLL, .told = ""},
      {PANE, 1, 1000},
      {END, 1},
      {POLL, .told = "p1000x1 "},
      {POLL, .told = "", .ended = true}}},
    {"workers without packets",
     3,
     {{END, 0}, {END, 1}, {END, 2}, {POLL, .told = "", .ended = true}}},
};

struct fixture {
    struct ring *rings[RINGS_MAX];
    struct collect *collect;
    struct pane *panes; // put so far
    unsigned pane_count;
    char told[TOLD_BYTES];
};

// The place behind what is told.
static char *told_end(struct fixture *fixture)
{
    size_t length = strlen(fixture->told);
    assert_true(length + TELLING_BYTES <= TOLD_BYTES);
    return fixture->told + length;
}

static void flow_told(void *context, const struct flow_record *flow)
{
    snprintf(told_end(context), TELLING_BYTES, "f%d ", (int)flow->flow.side[0].bytes);
}

static void pane_told(void *context, const struct pane *pane)
{
    struct fixture *fixture = context;
    snprintf(told_end(fixture), TELLING_BYTES, "p%dx%d ", (int)pane->start_us, (int)pane->packets);
    for (unsigned i = 0; i < fixture->pane_count; i++) {
        if (fixture->panes[i].start_us == pane->start_us) { // still lent
            assert_true(atomic_load(&fixture->panes[i].taken));
        }
    }
}

static void fixture_init(struct fixture *fixture, unsigned rings)
{
    memset(fixture, 0, sizeof(*fixture));
    struct error err = {0};
    for (unsigned i = 0; i < rings; i++) {
        fixture->rings[i] = ring_create(sizeof(struct tally_message), SLOTS, &err);
        assert_non_null(fixture->rings[i]);
    }
    fixture->panes = calloc(PANES_MAX, sizeof(*fixture->panes));
    assert_non_null(fixture->panes);
    struct collect_options options = {
        .rings = fixture->rings, .ring_count = rings, .max_hosts = 8, .pages = MEMORY_PAGES_NEVER};
    struct collect_events events = {.context = fixture, .flow = flow_told, .pane = pane_told};
    assert_int_equal(collect_create(&fixture->collect, &options, &events, &err), 0);
}

static void fixture_fini(struct fixture *fixture)
{
    collect_free(fixture->collect);
    for (unsigned i = 0; i < RINGS_MAX; i++) {
        ring_free(fixture->rings[i]);
    }
    free(fixture->panes);
}

static void message_put(struct fixture *fixture, const struct step *step)
{
    struct tally_message *message = ring_reserve(fixture->rings[step->ring], 0);
    assert_non_null(message);
    message->type = step->kind == FLOW ? TALLY_FLOW : step->kind == PANE ? TALLY_PANE : TALLY_END;
    if (step->kind == FLOW) {
        message->flow.flow.side[0].bytes = (uint64_t)step->number;
    } else if (step->kind == PANE) {
        assert_true(fixture->pane_count < PANES_MAX);
        struct pane *pane = &fixture->panes[fixture->pane_count++];
        pane->start_us = step->number;
        pane->end_us = step->number + PANE_US;
        pane->packets = 1;
        atomic_store(&pane->taken, true);
        message->pane = pane;
    }
    ring_submit(fixture->rings[step->ring], 1);
}

static void story_is_told(void **state)
{
    const struct story *story = *state;
    struct fixture fixture;
    fixture_init(&fixture, story->rings);
    for (const struct step *step = story->steps; step->kind != STEP_NONE; step++) {
        if (step->kind != POLL) {
            message_put(&fixture, step);
            continue;
        }
        fixture.told[0] = '\0';
        collect_poll(fixture.collect);
        assert_string_equal(fixture.told, step->told);
        assert_int_equal(collect_ended(fixture.collect), step->ended);
        for (unsigned i = 0; i < fixture.pane_count; i++) { // given back once it is told
            char name[32];
            snprintf(name, sizeof(name), "p%lldx", (long long)fixture.panes[i].start_us);
            if (strstr(step->told, name) != NULL) {
                assert_false(atomic_load(&fixture.panes[i].taken));
            }
        }
    }
    fixture_fini(&fixture);
}

// Enough flows in one ring must not starve what else the agent has to do.
static void a_poll_takes_a_bounded_number_and_says_how_many(void **state)
{
    (void)state;
    enum { FLOWS = 700 };
    struct fixture fixture;
    fixture_init(&fixture, 2);
    for (int64_t i = 0; i < FLOWS; i++) {
        message_put(&fixture, &(struct step){FLOW, 0, i});
    }
    unsigned taken = 0, polls = 0;
    while (ring_count(fixture.rings[0]) > 0) {
        taken += collect_poll(fixture.collect);
        assert_int_equal(taken, FLOWS - ring_count(fixture.rings[0]));
        polls++;
    }
    assert_in_range(polls, 2, FLOWS / 10);
    assert_int_equal(collect_poll(fixture.collect), 0);
    fixture_fini(&fixture);
    collect_free(NULL);
}

int main(void)
{
    enum { STORIES = sizeof(stories) / sizeof(stories[0]) };
    struct CMUnitTest tests[1 + STORIES] = {
        cmocka_unit_test(a_poll_takes_a_bounded_number_and_says_how_many)};
    for (size_t i = 0; i < STORIES; i++) {
        tests[1 + i] =
            (struct CMUnitTest){stories[i].name, story_is_told, NULL, NULL, (void *)&stories[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
