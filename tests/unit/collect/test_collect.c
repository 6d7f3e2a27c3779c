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
    STEPS_MAX = 28,
    SLOTS = 1024,
    PANES_MAX = 16,
    PANE_US = 1000,
    TOLD_BYTES = 4096,
    TELLING_BYTES = 16
};

enum step_kind { STEP_NONE, FLOW, DID, OPEN, PANE, END, POLL };

struct step {
    enum step_kind kind;
    unsigned ring;
    int64_t number;   // FLOW: its bytes; DID, OPEN, PANE: start of the pane
    const char *told; // POLL: "f7" is flow 7, "d1000" what one did in the pane of 1000, "p1000x2"
                      // that pane with the packets of two
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
    {"what flows did comes while the pane is open, and before it",
     1,
     {{OPEN, 0, 1000},
      {POLL, .told = ""},
      {DID, 0, 1000},
      {POLL, .told = "d1000 "},
      {DID, 0, 1000},
      {PANE, 0, 1000},
      {OPEN, 0, 2000},
      {DID, 0, 2000},
      {POLL, .told = "d1000 p1000x1 "},
      {DID, 0, 2000},
      {PANE, 0, 2000},
      {END, 0},
      {POLL, .told = "d2000 d2000 p2000x1 "},
      {POLL, .told = "", .ended = true}}},
    {"what flows of a worker that is ahead did waits for the pane before",
     2,
     {{OPEN, 0, 1000},
      {DID, 0, 1000},
      {OPEN, 1, 1000},
      {DID, 1, 1000},
      {PANE, 1, 1000},
      {OPEN, 1, 2000},
      {DID, 1, 2000},
      {POLL, .told = "d1000 d1000 "},
      {DID, 0, 1000},
      {POLL, .told = "d1000 "},
      {PANE, 0, 1000},
      {POLL, .told = "p1000x2 "},
      {POLL, .told = ""}, // the other could still be behind
      {OPEN, 0, 2000},
      {POLL, .told = "d2000 "}}},
    {"what flows of a worker that began later did waits for the older pane of another",
     2,
     {{OPEN, 0, 2000},
      {DID, 0, 2000},
      {POLL, .told = ""},
      {OPEN, 1, 1000},
      {DID, 1, 1000},
      {POLL, .told = "d1000 "},
      {PANE, 1, 1000},
      {POLL, .told = "p1000x1 "}, // the other cannot add to it
      {OPEN, 1, 2000},
      {DID, 1, 2000},
      {PANE, 1, 2000},
      {POLL, .told = "d2000 d2000 "},
      {PANE, 0, 2000},
      {POLL, .told = "p2000x2 "}}},
    {"a worker that ended holds up nothing that flows did",
     2,
     {{OPEN, 0, 1000},
      {DID, 0, 1000},
      {POLL, .told = ""},
      {END, 1},
      {POLL, .told = "d1000 "},
      {PANE, 0, 1000},
      {POLL, .told = "p1000x1 "}}},
    {"a clock set back: what flows did stays with its pane",
     2,
     {{OPEN, 0, 90000},
      {OPEN, 1, 90000},
      {DID, 0, 90000},
      {DID, 1, 90000},
      {PANE, 0, 90000},
      {PANE, 1, 90000},
      {OPEN, 0, 20000},
      {DID, 0, 20000},
      {OPEN, 1, 91000}, // has not seen it yet
      {DID, 1, 91000},
      {POLL, .told = "d90000 d90000 p90000x2 "},
      {POLL, .told = "d91000 "},
      {PANE, 1, 91000},
      {POLL, .told = "p91000x1 "},
      {OPEN, 1, 20000},
      {DID, 1, 20000},
      {POLL, .told = "d20000 d20000 "},
      {PANE, 0, 20000},
      {PANE, 1, 20000},
      {POLL, .told = "p20000x2 "}}},
    {"workers without packets",
     3,
     {{END, 0}, {END, 1}, {END, 2}, {POLL, .told = "", .ended = true}}},
};

struct fixture {
    struct ring *rings[RINGS_MAX];
    struct ring *activities[RINGS_MAX];
    struct collect *collect;
    struct pane *panes; // put so far
    unsigned pane_count;
    struct pane *open[RINGS_MAX];
    char told[TOLD_BYTES];
    uint64_t parsed; // in the books of the pane told last
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

static void activity_told(void *context, const struct pane_flow *flow)
{
    snprintf(told_end(context), TELLING_BYTES, "d%d ", (int)flow->pane_us);
}

static void pane_told(void *context, const struct pane *pane)
{
    struct fixture *fixture = context;
    snprintf(told_end(fixture), TELLING_BYTES, "p%dx%d ", (int)pane->start_us, (int)pane->packets);
    fixture->parsed = pane->books.parsed;
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
        fixture->activities[i] = ring_create(sizeof(struct pane_flow), SLOTS, &err);
        assert_non_null(fixture->rings[i]);
        assert_non_null(fixture->activities[i]);
    }
    fixture->panes = calloc(PANES_MAX, sizeof(*fixture->panes));
    assert_non_null(fixture->panes);
    struct collect_options options = {.rings = fixture->rings,
                                      .activities = fixture->activities,
                                      .ring_count = rings,
                                      .max_hosts = 8,
                                      .pages = MEMORY_PAGES_NEVER};
    struct collect_events events = {
        .context = fixture, .flow = flow_told, .activity = activity_told, .pane = pane_told};
    assert_int_equal(collect_create(&fixture->collect, &options, &events, &err), 0);
}

static void fixture_fini(struct fixture *fixture)
{
    collect_free(fixture->collect);
    for (unsigned i = 0; i < RINGS_MAX; i++) {
        ring_free(fixture->rings[i]);
        ring_free(fixture->activities[i]);
    }
    free(fixture->panes);
}

// The pane that the ring's worker has open, or a new one.
static struct pane *pane_of(struct fixture *fixture, const struct step *step)
{
    struct pane *pane = fixture->open[step->ring];
    if (pane == NULL) {
        assert_true(fixture->pane_count < PANES_MAX);
        pane = &fixture->panes[fixture->pane_count++];
        pane->start_us = step->number;
        pane->end_us = step->number + PANE_US;
    }
    fixture->open[step->ring] = step->kind == OPEN ? pane : NULL;
    return pane;
}

static void message_put(struct fixture *fixture, const struct step *step)
{
    static const enum tally_message_type types[] = {
        [FLOW] = TALLY_FLOW, [OPEN] = TALLY_OPEN, [PANE] = TALLY_PANE, [END] = TALLY_END};
    struct tally_message *message = ring_reserve(fixture->rings[step->ring], 0);
    assert_non_null(message);
    message->type = (uint8_t)types[step->kind];
    if (step->kind == FLOW) {
        message->flow.flow.side[0].bytes = (uint64_t)step->number;
    } else if (step->kind != END) {
        message->pane = pane_of(fixture, step);
    }
    if (step->kind == PANE) {
        message->pane->packets = 1;
        atomic_store(&message->pane->taken, true);
    }
    ring_submit(fixture->rings[step->ring], 1);
}

static void step_put(struct fixture *fixture, const struct step *step)
{
    if (step->kind == DID) {
        struct pane_flow *flow = ring_reserve(fixture->activities[step->ring], 0);
        assert_non_null(flow);
        flow->pane_us = step->number;
        ring_submit(fixture->activities[step->ring], 1);
    } else {
        message_put(fixture, step);
    }
}

static void story_is_told(void **state)
{
    const struct story *story = *state;
    struct fixture fixture;
    fixture_init(&fixture, story->rings);
    for (const struct step *step = story->steps; step->kind != STEP_NONE; step++) {
        if (step->kind != POLL) {
            step_put(&fixture, step);
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
        step_put(&fixture, &(struct step){FLOW, 0, i});
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

// The pane waits for the last of them.
static void many_flows_are_taken_in_several_polls(void **state)
{
    (void)state;
    enum { FLOWS = 700 };
    struct fixture fixture;
    fixture_init(&fixture, 1);
    for (unsigned i = 0; i < FLOWS; i++) {
        step_put(&fixture, &(struct step){DID, 0, 1000});
    }
    step_put(&fixture, &(struct step){PANE, 0, 1000});
    unsigned taken = 0, polls = 0;
    while (strstr(fixture.told, "p1000x1 ") == NULL) {
        fixture.told[0] = '\0';
        taken += collect_poll(fixture.collect);
        polls++;
    }
    assert_int_equal(taken, FLOWS + 1);
    assert_in_range(polls, 2, FLOWS / 10);
    assert_int_equal(ring_count(fixture.activities[0]), 0);
    fixture_fini(&fixture);
}

// Of a worker that has no pane of that time the books are those of its last one.
static void books_are_those_of_all_workers(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {PANE, 0, 1000}, {PANE, 1, 1000}, {PANE, 0, 2000}, {PANE, 1, 3000}, {END, 0}};
    static const uint64_t parsed[] = {5, 7, 11, 13};
    static const uint64_t expected[] = {5 + 7, 11 + 7, 11 + 13};
    struct fixture fixture;
    fixture_init(&fixture, 2);
    for (unsigned i = 0; i < 5; i++) {
        step_put(&fixture, &steps[i]);
        if (i < 4) {
            fixture.panes[i].books.parsed = parsed[i];
        }
    }
    for (unsigned i = 0; i < 3; i++) {
        fixture.parsed = 0;
        collect_poll(fixture.collect);
        assert_int_equal(fixture.parsed, expected[i]);
    }
    fixture_fini(&fixture);
}

int main(void)
{
    enum { STORIES = sizeof(stories) / sizeof(stories[0]), OTHERS = 3 };
    struct CMUnitTest tests[OTHERS + STORIES] = {
        cmocka_unit_test(a_poll_takes_a_bounded_number_and_says_how_many),
        cmocka_unit_test(many_flows_are_taken_in_several_polls),
        cmocka_unit_test(books_are_those_of_all_workers),
    };
    for (size_t i = 0; i < STORIES; i++) {
        tests[OTHERS + i] =
            (struct CMUnitTest){stories[i].name, story_is_told, NULL, NULL, (void *)&stories[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
