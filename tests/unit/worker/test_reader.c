// SPDX-License-Identifier: Apache-2.0
// From a source's packets to facts and turns: what goes out, in which order, in which pane.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/worker/reader.h"
#include "tests/unit/worker/memory_capture.h"

enum { FRAMES_MAX = 8, PANES_MAX = 8, OUT_MAX = 200, UDP = 17, PANE_US = 1000 };

#define NEVER INT64_MAX

// What goes out between two turns, and what the turn says that ends it.
struct pane_out {
    int64_t start_us;
    int64_t first_us, last_us; // NEVER: no packet in time
    uint64_t late, rejects;
    unsigned count;
    int64_t time_us[OUT_MAX]; // of the facts, in order
    unsigned without_ports;   // of those
    uint64_t fragments;       // that came in this pane
};

static const struct reading {
    const char *name;
    unsigned frames;
    struct frame_spec frame[FRAMES_MAX];
    unsigned panes;
    struct pane_out pane[PANES_MAX];
} readings[] = {
    {.name = "nothing at all"},
    {.name = "panes turn at the first packet past their end",
     .frames = 4,
     .frame = {{0, 100}, {0, 900}, {0, 999}, {0, 1000}},
     .panes = 2,
     .pane = {{0, 100, 999, .count = 3, .time_us = {100, 900, 999}},
              {1000, 1000, 1000, .count = 1, .time_us = {1000}}}},
    {.name = "a late packet counts to the open pane, but not to its times",
     .frames = 4,
     .frame = {{0, 1500}, {0, 900}, {0, 1400}, {0, 1600}},
     .panes = 1,
     .pane = {{1000, 1400, 1600, .late = 1, .count = 4, .time_us = {1500, 900, 1400, 1600}}}},
    {.name = "late packets alone in a pane",
     .frames = 3,
     .frame = {{0, 900}, {FRAME_ARP, 1500}, {0, 950}},
     .panes = 2,
     .pane = {{0, 900, 900, .count = 1, .time_us = {900}},
              {1000, NEVER, NEVER, .late = 1, .rejects = 1, .count = 1, .time_us = {950}}}},
    {.name = "rejects turn panes and are told in theirs",
     .frames = 4,
     .frame = {{FRAME_ARP, 100}, {0, 200}, {FRAME_CUT, 300}, {FRAME_ARP, 1200}},
     .panes = 2,
     .pane = {{0, 200, 200, .rejects = 2, .count = 1, .time_us = {200}},
              {1000, NEVER, NEVER, .rejects = 1}}},
    {.name = "before the epoch",
     .frames = 2,
     .frame = {{0, -1500}, {0, 10}},
     .panes = 3,
     .pane = {{-2000, -1500, -1500, .count = 1, .time_us = {-1500}},
              {-1000, NEVER, NEVER},
              {0, 10, 10, .count = 1, .time_us = {10}}}},
    {.name = "a long silence",
     .frames = 2,
     .frame = {{0, 10}, {0, 9000}},
     .panes = 5,
     .pane = {{0, 10, 10, .count = 1, .time_us = {10}},
              {1000, NEVER, NEVER},
              {2000, NEVER, NEVER},
              {3000, NEVER, NEVER},
              {9000, 9000, 9000, .count = 1, .time_us = {9000}}}},
    {.name = "fragments follow their first",
     .frames = 4,
     .frame = {{FRAME_FRAGMENT_LATER, 100},
               {0, 200},
               {FRAME_FRAGMENT_FIRST, 300},
               {FRAME_FRAGMENT_LATER, 400}},
     .panes = 1,
     .pane = {{0, 100, 400, .count = 4, .time_us = {200, 300, 100, 400}, .fragments = 3}}},
    {.name = "fragments follow their first into its pane",
     .frames = 3,
     .frame = {{FRAME_FRAGMENT_LATER, 100}, {FRAME_FRAGMENT_FIRST, 1300}, {0, 1400}},
     .panes = 2,
     .pane = {{0, 100, 100, .fragments = 1},
              {1000, 1300, 1400, .count = 3, .time_us = {1300, 100, 1400}, .fragments = 1}}},
    {.name = "what waited in vain goes out before the turn of its last pane",
     .frames = 4,
     .frame = {{FRAME_FRAGMENT_LATER, 100}, {0, 1100}, {0, 2100}, {0, 3100}},
     .panes = 4,
     .pane = {{0, 100, 100, .fragments = 1},
              {1000, 1100, 1100, .count = 1, .time_us = {1100}},
              {2000, 2100, 2100, .count = 2, .time_us = {2100, 100}, .without_ports = 1},
              {3000, 3100, 3100, .count = 1, .time_us = {3100}}}},
    {.name = "what waits at the end goes out",
     .frames = 2,
     .frame = {{FRAME_FRAGMENT_LATER, 100}, {FRAME_FRAGMENT_LATER, 200}},
     .panes = 1,
     .pane = {{0, 100, 200, .count = 2, .time_us = {100, 200}, .without_ports = 2,
               .fragments = 2}}},
};

struct written {
    struct pane_out pane[PANES_MAX];
    unsigned turns;
    uint64_t drops, facts, rejects;
    struct pane_books books; // of the last pane
    struct hash_secret secret;
    bool ended;
    // Of each interface: those told with panes, and those that went out.
    uint64_t told[PACKET_INTERFACES], told_bytes[PACKET_INTERFACES];
    uint64_t out[PACKET_INTERFACES], out_bytes[PACKET_INTERFACES];
};

static void write_facts(void *context, const struct facts *facts, unsigned count)
{
    struct written *written = context;
    written->facts += count;
    assert_true(written->turns > 0 && !written->ended && count > 0);
    struct pane_out *pane = &written->pane[written->turns - 1];
    for (unsigned i = 0; i < count; i++) {
        assert_true(pane->count < OUT_MAX);
        pane->time_us[pane->count++] = facts[i].time_us;
        pane->without_ports += facts[i].key.port[0] == 0;
        written->out[facts[i].time_us % MEMORY_INTERFACES]++;
        written->out_bytes[facts[i].time_us % MEMORY_INTERFACES] += facts[i].bytes;
        assert_int_equal(facts[i].hash,
                         hash_bytes(&facts[i].key, sizeof(facts[i].key), written->secret));
    }
}

static void write_turn(void *context, const struct pane_turn *turn)
{
    struct written *written = context;
    assert_false(written->ended);
    assert_int_equal(turn->ends, written->turns > 0);
    if (turn->ends) {
        struct pane_out *pane = &written->pane[written->turns - 1];
        bool none = turn->first_us == INT64_MAX;
        assert_int_equal(none, turn->last_us == INT64_MIN);
        pane->first_us = turn->first_us;
        pane->last_us = none ? NEVER : turn->last_us;
        pane->late = turn->loss.late;
        pane->rejects = turn->loss.parse_rejects;
        pane->fragments = turn->fragments;
        for (unsigned i = 0; i < PACKET_INTERFACES; i++) {
            written->told[i] += turn->interfaces[i].packets;
            written->told_bytes[i] += turn->interfaces[i].bytes;
        }
        written->drops += turn->loss.capture_drops;
        written->rejects += turn->loss.parse_rejects;
        written->books = turn->books;
        // Cut at the packet at which the pane ends, whatever else of a burst has been read.
        assert_int_equal(turn->books.parsed, written->facts);
        assert_int_equal(turn->books.received, written->facts + written->rejects + written->drops);
    }
    if (turn->begins) {
        assert_true(written->turns < PANES_MAX);
        assert_int_equal(turn->end_us, turn->start_us + PANE_US);
        written->pane[written->turns++].start_us = turn->start_us;
    }
    written->ended = !turn->begins;
}

static struct reader *reader_made(struct memory_capture *source, struct written *written,
                                  const atomic_bool *stop)
{
    memset(written, 0, sizeof(*written));
    written->secret.seed = 17;
    struct reader_options options = {
        .capture = &source->capture,
        .parse = {.vlan_in_key = true, .decap_tunnels = true},
        .max_fragments = 16,
        .fragment_timeout_us = 2 * PANE_US,
        .pane_us = PANE_US,
        .quiet_us = 3 * PANE_US,
        .pages = MEMORY_PAGES_NEVER,
        .secret = written->secret,
        .stop = stop,
    };
    struct reader_output output = {.context = written, .add = write_facts, .turn = write_turn};
    struct reader *reader = NULL;
    struct error err = {0};
    assert_int_equal(reader_create(&reader, &options, &output, &err), 0);
    return reader;
}

static void pane_compare(const struct pane_out *pane, const struct pane_out *expected)
{
    assert_int_equal(pane->start_us, expected->start_us);
    assert_int_equal(pane->first_us, expected->first_us);
    assert_int_equal(pane->last_us, expected->last_us);
    assert_int_equal(pane->late, expected->late);
    assert_int_equal(pane->fragments, expected->fragments);
    assert_int_equal(pane->rejects, expected->rejects);
    assert_int_equal(pane->count, expected->count);
    assert_memory_equal(pane->time_us, expected->time_us, sizeof(pane->time_us));
    assert_int_equal(pane->without_ports, expected->without_ports);
}

static void packets_go_out_in_their_panes(void **state)
{
    const struct reading *reading = *state;
    struct frame frames[FRAMES_MAX];
    for (unsigned i = 0; i < reading->frames; i++) {
        struct frame_spec spec = reading->frame[i];
        spec.protocol = UDP;
        frame_make(&frames[i], &spec);
    }
    const atomic_bool stop = false;
    for (unsigned burst = 1; burst <= FRAMES_MAX; burst++) {
        struct memory_capture source = {
            .frames = frames, .count = reading->frames, .burst_max = burst};
        memory_capture_init(&source);
        struct written written;
        struct reader *reader = reader_made(&source, &written, &stop);
        reader_run(reader);
        assert_true(written.ended);
        assert_int_equal(written.turns, reading->panes);
        uint64_t late = 0, rejects = 0, count = 0;
        for (unsigned i = 0; i < reading->panes; i++) {
            pane_compare(&written.pane[i], &reading->pane[i]);
            late += reading->pane[i].late;
            rejects += reading->pane[i].rejects;
            count += reading->pane[i].count;
        }
        assert_memory_equal(written.told, written.out, sizeof(written.out));
        assert_memory_equal(written.told_bytes, written.out_bytes, sizeof(written.out_bytes));
        const struct reader_counters *counters = reader_counters(reader);
        assert_int_equal(counter_read(&counters->parsed), count);
        assert_int_equal(counter_read(&counters->late), late);
        for (unsigned cause = 0; cause < PARSE_REJECT_COUNT; cause++) {
            rejects -= counter_read(&counters->rejects[cause]);
        }
        assert_int_equal(rejects, 0);
        reader_free(reader);
    }
}

static void rejects_and_drops_are_told_by_cause_and_once(void **state)
{
    (void)state;
    static const struct frame_spec specs[] = {
        {FRAME_DROPPED, 50}, {FRAME_ARP, 100}, {FRAME_CUT, 200},     {FRAME_DROPPED, 1100},
        {FRAME_CUT, 1200},   {0, 2500},        {FRAME_DROPPED, 2600}};
    enum { FRAMES = sizeof(specs) / sizeof(specs[0]) };
    struct frame frames[FRAMES];
    for (unsigned i = 0; i < FRAMES; i++) {
        struct frame_spec spec = specs[i];
        spec.protocol = UDP;
        frame_make(&frames[i], &spec);
    }
    const atomic_bool stop = false;
    for (unsigned burst = 1; burst <= FRAMES; burst++) {
        struct memory_capture source = {.frames = frames, .count = FRAMES, .burst_max = burst};
        memory_capture_init(&source);
        struct written written;
        struct reader *reader = reader_made(&source, &written, &stop);
        reader_run(reader);
        const struct reader_counters *counters = reader_counters(reader);
        assert_int_equal(counter_read(&counters->rejects[PARSE_REJECT_ARP]), 1);
        assert_int_equal(counter_read(&counters->rejects[PARSE_REJECT_IPV4_TRUNCATED]), 2);
        assert_int_equal(written.drops, 3);
        assert_int_equal(written.books.received, FRAMES);
        assert_int_equal(written.books.parsed, 1);
        assert_int_equal(written.books.capture_drops[CAPTURE_DROP_LINK_TYPE], 3);
        assert_int_equal(written.books.parse_rejects[PARSE_REJECT_ARP], 1);
        assert_int_equal(written.books.parse_rejects[PARSE_REJECT_IPV4_TRUNCATED], 2);
        reader_free(reader);
    }
}

// As many facts as a burst holds come out of the fragments while a burst is filled.
static void more_fragments_than_a_burst_are_released(void **state)
{
    (void)state;
    enum { FRAGMENTS = 3 * CAPTURE_BURST_MAX };
    static struct frame frames[FRAGMENTS + 1];
    for (unsigned i = 0; i < FRAGMENTS + 1; i++) {
        struct frame_spec spec = {.kind =
                                      i < FRAGMENTS ? FRAME_FRAGMENT_LATER : FRAME_FRAGMENT_FIRST,
                                  .time_us = i,
                                  .protocol = UDP};
        frame_make(&frames[i], &spec);
    }
    const atomic_bool stop = false;
    struct memory_capture source = {
        .frames = frames, .count = FRAGMENTS + 1, .burst_max = CAPTURE_BURST_MAX};
    memory_capture_init(&source);
    struct written written;
    struct reader *reader = reader_made(&source, &written, &stop);
    reader_run(reader);
    assert_int_equal(reader_fragment_stats(reader)->matched, FRAGMENTS);
    const struct pane_out *pane = &written.pane[0];
    assert_int_equal(pane->count, FRAGMENTS + 1);
    assert_int_equal(pane->without_ports, 0);
    assert_int_equal(pane->time_us[0], FRAGMENTS);
    for (unsigned i = 1; i < pane->count; i++) {
        assert_int_equal(pane->time_us[i], i - 1);
    }
    reader_free(reader);
}

static void a_stop_ends_the_stream_with_its_last_turn(void **state)
{
    (void)state;
    struct frame frame;
    frame_make(&frame, &(struct frame_spec){.time_us = 10, .protocol = UDP});
    const atomic_bool stop = true;
    struct memory_capture source = {.frames = &frame, .count = 1, .burst_max = 1, .again_us = 10};
    memory_capture_init(&source);
    struct written written;
    struct reader *reader = reader_made(&source, &written, &stop);
    reader_run(reader);
    assert_true(written.ended);
    assert_int_equal(source.stats.received, 0);
    reader_free(reader);
    reader_free(NULL);
}

int main(void)
{
    enum { READINGS = sizeof(readings) / sizeof(readings[0]), OTHERS = 3 };
    struct CMUnitTest tests[OTHERS + READINGS] = {
        cmocka_unit_test(rejects_and_drops_are_told_by_cause_and_once),
        cmocka_unit_test(more_fragments_than_a_burst_are_released),
        cmocka_unit_test(a_stop_ends_the_stream_with_its_last_turn),
    };
    for (size_t i = 0; i < READINGS; i++) {
        tests[OTHERS + i] = (struct CMUnitTest){readings[i].name, packets_go_out_in_their_panes,
                                                NULL, NULL, (void *)&readings[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
