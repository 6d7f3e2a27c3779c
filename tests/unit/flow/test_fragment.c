// SPDX-License-Identifier: Apache-2.0
// Fragments and the flows that they are counted to: stories of what comes, each with what comes
// out.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/flow/fragment.h"
#include "tests/unit/base/random.h"
#include "tests/unit/flow/made.h"

enum { STEPS_MAX = 10, OUT_MAX = 8192, HELD_MAX = 4096, TIMEOUT_US = 1000 };

enum step_kind {
    STEP_NONE,
    FIRST,  // offset 0 of datagram `id`
    LATER,  // any other fragment of it
    EXPIRE, // at `time_us`
    FLUSH,
};

// Datagram `id` has `id` as its source port, so that the flow of a fragment shows in what comes
// out.
struct step {
    enum step_kind kind;
    uint32_t id;
    int64_t time_us;
    uint8_t protocol; // 0: UDP
    uint8_t vlan;
    uint8_t direction;
};

// What was counted: fragment n of the story (from 0), to a flow with ports or without.
struct out {
    unsigned fragment;
    bool has_ports;
};

static const struct story {
    const char *name;
    uint32_t max_datagrams;
    struct step steps[STEPS_MAX];
    struct out out[STEPS_MAX];
    unsigned out_count;
    uint64_t matched, unmatched;
    bool same_addresses;
} stories[] = {
    {.name = "in order",
     .max_datagrams = 4,
     .steps = {{FIRST, 1}, {LATER, 1}, {LATER, 1}},
     .out = {{0, true}, {1, true}, {2, true}},
     .out_count = 3,
     .matched = 2},
    {.name = "first fragment last: the others follow it in their order",
     .max_datagrams = 4,
     .steps = {{LATER, 1}, {LATER, 1}, {FIRST, 1}, {LATER, 1}},
     .out = {{2, true}, {0, true}, {1, true}, {3, true}},
     .out_count = 4,
     .matched = 3},
    {.name = "two datagrams between each other",
     .max_datagrams = 4,
     .steps = {{LATER, 1}, {LATER, 2}, {FIRST, 2}, {LATER, 1}, {FIRST, 1}},
     .out = {{2, true}, {1, true}, {4, true}, {0, true}, {3, true}},
     .out_count = 5,
     .matched = 3},
    {.name = "first fragment never comes: out at the flush",
     .max_datagrams = 4,
     .steps = {{LATER, 1}, {LATER, 1}, {FLUSH}},
     .out = {{0, false}, {1, false}},
     .out_count = 2,
     .unmatched = 2},
    {.name = "first fragment never comes: out when its time is up",
     .max_datagrams = 4,
     .steps =
         {{LATER, 1, 0}, {LATER, 1, 500}, {EXPIRE, 0, TIMEOUT_US}, {EXPIRE, 0, TIMEOUT_US + 1}},
     .out = {{0, false}, {1, false}},
     .out_count = 2,
     .unmatched = 2},
    {.name = "a datagram is forgotten after its timeout, not at it",
     .max_datagrams = 4,
     .steps = {{FIRST, 1, 0},
               {EXPIRE, 0, TIMEOUT_US},
               {LATER, 1, TIMEOUT_US},
               {EXPIRE, 0, TIMEOUT_US + 1},
               {LATER, 1, TIMEOUT_US + 1},
               {FLUSH}},
     .out = {{0, true}, {1, true}, {2, false}},
     .out_count = 3,
     .matched = 1,
     .unmatched = 1},
    {.name = "an identification used again after the timeout is another datagram's, unswept too",
     .max_datagrams = 4,
     .steps = {{FIRST, 1, 0}, {LATER, 1, TIMEOUT_US + 1}, {FLUSH}},
     .out = {{0, true}, {1, false}},
     .out_count = 2,
     .unmatched = 1},
    {.name = "only the old ones are forgotten",
     .max_datagrams = 4,
     .steps = {{FIRST, 1, 0},
               {FIRST, 2, 900},
               {LATER, 3, 901},
               {EXPIRE, 0, TIMEOUT_US + 1},
               {LATER, 2, TIMEOUT_US + 2},
               {FIRST, 3, TIMEOUT_US + 3}},
     .out = {{0, true}, {1, true}, {3, true}, {4, true}, {2, true}},
     .out_count = 5,
     .matched = 2},
    {.name = "more datagrams than room: the oldest is forgotten, what it held comes out",
     .max_datagrams = 2,
     .steps = {{LATER, 1}, {LATER, 2}, {LATER, 3}, {FIRST, 3}, {FIRST, 2}, {FIRST, 1}},
     .out = {{0, false}, {3, true}, {2, true}, {4, true}, {1, true}, {5, true}},
     .out_count = 6,
     .matched = 2,
     .unmatched = 1},
    {.name = "room for one",
     .max_datagrams = 1,
     .steps = {{LATER, 1}, {FIRST, 2}, {LATER, 2}, {LATER, 1}, {LATER, 2}, {FLUSH}},
     .out = {{0, false}, {1, true}, {2, true}, {3, false}, {4, false}},
     .out_count = 5,
     .matched = 1,
     .unmatched = 3},
    {.name = "the same identification of another protocol is another datagram",
     .max_datagrams = 4,
     .steps = {{FIRST, 1, 0, MADE_UDP}, {LATER, 1, 0, MADE_TCP}, {FLUSH}},
     .out = {{0, true}, {1, false}},
     .out_count = 2,
     .unmatched = 1},
    {.name = "the same identification in another VLAN is another datagram",
     .max_datagrams = 4,
     .steps = {{FIRST, 1, 0, 0, 1}, {LATER, 1, 0, 0, 2}, {LATER, 1, 0, 0, 1}, {FLUSH}},
     .out = {{0, true}, {2, true}, {1, false}},
     .out_count = 3,
     .matched = 1,
     .unmatched = 1},
    {.name = "the same identification of the other end is another datagram",
     .max_datagrams = 4,
     .steps = {{FIRST, 1, 0, 0, 0, 0}, {LATER, 1, 0, 0, 0, 1}, {LATER, 1, 0, 0, 0, 0}, {FLUSH}},
     .out = {{0, true}, {2, true}, {1, false}},
     .out_count = 3,
     .matched = 1,
     .unmatched = 1},
    {.name = "same addresses at both ends: ports alone tell the direction",
     .max_datagrams = 4,
     .same_addresses = true,
     .steps = {{FIRST, 1, 0, 0, 0, 1}, {LATER, 1}, {LATER, 2}, {FIRST, 2, 0, 0, 0, 1}},
     .out = {{0, true}, {1, true}, {3, true}, {2, true}},
     .out_count = 4,
     .matched = 2},
    {.name = "an identification used again: the newest first fragment counts",
     .max_datagrams = 4,
     .steps = {{FIRST, 1}, {FIRST, 1}, {LATER, 1}},
     .out = {{0, true}, {1, true}, {2, true}},
     .out_count = 3,
     .matched = 1},
};

struct fixture {
    struct fragments *fragments;
    struct out out[OUT_MAX];
    unsigned out_count;
    uint8_t direction[OUT_MAX]; // of what came out
    uint32_t id[OUT_MAX];       // as its source port tells, 0 without
};

static void counted(struct fixture *fixture, const struct facts *facts)
{
    assert_true(fixture->out_count < OUT_MAX);
    unsigned place = fixture->out_count++;
    // A fragment's own number travels in its length, which nobody here touches.
    fixture->out[place] = (struct out){facts->bytes, facts->key.port[0] != 0};
    fixture->direction[place] = facts->direction;
    fixture->id[place] = facts->key.port[0];
}

static void released(void *context, const struct facts *facts)
{
    counted(context, facts);
}

static void fixture_init(struct fixture *fixture, uint32_t max_datagrams)
{
    memset(fixture, 0, sizeof(*fixture));
    struct fragment_options options = {.max_datagrams = max_datagrams,
                                       .timeout_us = TIMEOUT_US,
                                       .pages = MEMORY_PAGES_NEVER,
                                       .secret = made_secret};
    struct fragment_events events = {.context = fixture, .released = released};
    struct error err = {0};
    assert_int_equal(fragments_create(&fixture->fragments, &options, &events, &err), 0);
}

static struct facts fragment_made(const struct story *story, const struct step *step,
                                  unsigned number)
{
    uint8_t protocol = step->protocol != 0 ? step->protocol : MADE_UDP;
    struct facts facts = made_facts(&(struct made){
        .time_us = step->time_us, .protocol = protocol, .direction = step->direction});
    facts.bytes = number;
    facts.fragment_id = step->id;
    facts.fragment_protocol = protocol;
    facts.key.scope = step->vlan != 0 ? (UINT64_C(1) << KEY_VLAN_COUNT_SHIFT) | step->vlan : 0;
    if (story->same_addresses) {
        memcpy(facts.key.address[1], facts.key.address[0], sizeof(facts.key.address[0]));
    }
    bool first = step->kind == FIRST;
    facts.flags = first ? FACTS_FRAGMENT_FIRST : FACTS_FRAGMENT_LATER;
    facts.key.port[0] = first ? (uint16_t)step->id : 0;
    facts.key.port[1] = first ? 80 : 0;
    return facts;
}

// As the reader does it.
static void fragment_add(struct fixture *fixture, struct facts facts)
{
    if (fragments_resolve(fixture->fragments, &facts) == FRAGMENT_COUNT) {
        counted(fixture, &facts);
        fragments_release(fixture->fragments);
    }
}

static void story_is_told(void **state)
{
    const struct story *story = *state;
    struct fixture fixture;
    fixture_init(&fixture, story->max_datagrams);
    const struct step *made_by[STEPS_MAX] = {0};
    unsigned number = 0;
    for (const struct step *step = story->steps; step->kind != STEP_NONE; step++) {
        if (step->kind == EXPIRE) {
            fragments_expire(fixture.fragments, step->time_us);
        } else if (step->kind == FLUSH) {
            fragments_flush(fixture.fragments);
        } else {
            made_by[number] = step;
            fragment_add(&fixture, fragment_made(story, step, number));
            number++;
        }
    }
    assert_int_equal(fixture.out_count, story->out_count);
    for (unsigned i = 0; i < story->out_count; i++) {
        const struct out *out = &fixture.out[i];
        assert_int_equal(out->fragment, story->out[i].fragment);
        assert_int_equal(out->has_ports, story->out[i].has_ports);
        if (out->has_ports) {
            assert_int_equal(fixture.id[i], made_by[out->fragment]->id);
            assert_int_equal(fixture.direction[i],
                             story->same_addresses ? 1 : made_by[out->fragment]->direction);
        }
    }
    assert_int_equal(fragments_stats(fixture.fragments)->matched, story->matched);
    assert_int_equal(fragments_stats(fixture.fragments)->unmatched, story->unmatched);
    fragments_free(fixture.fragments);
}

static void more_held_than_room_counts_at_once(void **state)
{
    (void)state;
    enum { MORE = 10 };
    static const struct story plain = {0};
    struct fixture fixture;
    fixture_init(&fixture, 4);
    for (unsigned i = 0; i < HELD_MAX + MORE; i++) {
        fragment_add(&fixture, fragment_made(&plain, &(struct step){LATER, 1}, i));
    }
    assert_int_equal(fixture.out_count, MORE);
    assert_int_equal(fixture.out[0].fragment, HELD_MAX);
    assert_false(fixture.out[0].has_ports);
    fragment_add(&fixture, fragment_made(&plain, &(struct step){FIRST, 1}, HELD_MAX + MORE));
    assert_int_equal(fixture.out_count, HELD_MAX + MORE + 1);
    assert_int_equal(fixture.out[MORE + 1].fragment, 0);
    assert_true(fixture.out[MORE + 1].has_ports);
    // The places are free again.
    fragment_add(&fixture, fragment_made(&plain, &(struct step){LATER, 2}, 0));
    assert_int_equal(fixture.out_count, HELD_MAX + MORE + 1);
    assert_int_equal(fragments_stats(fixture.fragments)->matched, HELD_MAX);
    assert_int_equal(fragments_stats(fixture.fragments)->unmatched, MORE);
    fragments_free(fixture.fragments);
}

// Whatever comes, each fragment comes out once; with its own ports if it has any.
static void nothing_is_lost_or_told_twice(void **state)
{
    (void)state;
    enum { FRAGMENTS = 8000, IDS = 40 };
    static const struct story plain = {0};
    for (uint32_t room = 1; room <= 64; room *= 4) {
        struct random random = {.state = room};
        struct fixture fixture;
        fixture_init(&fixture, room);
        uint32_t ids[FRAGMENTS];
        for (unsigned i = 0; i < FRAGMENTS; i++) {
            struct step step = {.kind = random_below(&random, 3) == 0 ? FIRST : LATER,
                                .id = 1 + (uint32_t)random_below(&random, IDS),
                                .time_us = i * 10 + (int64_t)random_below(&random, 500)};
            ids[i] = step.id;
            fragment_add(&fixture, fragment_made(&plain, &step, i));
            if (random_below(&random, 100) == 0) {
                fragments_expire(fixture.fragments, i * 10);
            }
        }
        fragments_flush(fixture.fragments);
        assert_int_equal(fixture.out_count, FRAGMENTS);
        static bool seen[FRAGMENTS];
        memset(seen, 0, sizeof(seen));
        for (unsigned i = 0; i < FRAGMENTS; i++) {
            unsigned fragment = fixture.out[i].fragment;
            assert_false(seen[fragment]);
            seen[fragment] = true;
            assert_true(!fixture.out[i].has_ports || fixture.id[i] == ids[fragment]);
        }
        fragments_free(fixture.fragments);
    }
}

int main(void)
{
    enum { STORIES = sizeof(stories) / sizeof(stories[0]), OTHERS = 2 };
    struct CMUnitTest tests[OTHERS + STORIES] = {
        cmocka_unit_test(more_held_than_room_counts_at_once),
        cmocka_unit_test(nothing_is_lost_or_told_twice),
    };
    for (size_t i = 0; i < STORIES; i++) {
        tests[OTHERS + i] =
            (struct CMUnitTest){stories[i].name, story_is_told, NULL, NULL, (void *)&stories[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
