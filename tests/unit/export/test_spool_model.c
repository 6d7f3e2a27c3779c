// SPDX-License-Identifier: Apache-2.0
// Random operations on a spool and on a model of it that is a list of records; after each step both
// must tell the same. Seeds: a few fixed ones and one drawn anew, all of them printed; WEIR_SEED
// sets the latter.
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/base/hash.h"
#include "tests/unit/base/random.h"
#include "tests/unit/export/spool_made.h"

enum {
    STEPS = 12000,
    MAX_BYTES = SPOOL_BYTES_MIN,
    SEGMENT_BYTES = MAX_BYTES / 8,
    HEAD = 32,        // octets, of a segment
    RECORD_HEAD = 24, // and of a record
    KINDS = 2,        // of being full
};

// What has to happen in a run, or the run has shown nothing.
enum event { REFUSED, DROPPED, DROPPED_IN_FLIGHT, SETTLED, RETURNED, UNTAKEN, REOPENED, EVENTS };

enum state { BUFFERED, WAITING, IN_FLIGHT, GONE };

struct model_record {
    enum state state;
    uint64_t number;
    uint64_t segment;
    uint64_t bytes;
    size_t origin;
    bool read; // since reading last began anew
    spool_place place;
};

struct model {
    struct spool *spool;
    struct random random;
    enum spool_full full;
    uint64_t next_record;
    uint64_t next_segment;
    uint64_t active; // 0: none
    bool returning;
    size_t events[EVENTS];
    size_t count;
    struct model_record records[STEPS * 8];
    uint64_t
        segment_bytes[STEPS * 8]; // by number, which is far below that; 0: there is no such file
    uint64_t appended[SPOOL_ORIGINS];
    uint64_t settled[SPOOL_ORIGINS];
    uint64_t overflowed[SPOOL_ORIGINS];
};

static struct model model;

static bool is_held(const struct model_record *record)
{
    return record->state != GONE;
}

// Of one segment, or, where it is 0, of all; in one state, or, where that is GONE, in any other.
static size_t held_in(uint64_t segment, enum state state)
{
    size_t held = 0;
    for (size_t i = 0; i < model.count; i++) {
        const struct model_record *record = &model.records[i];
        held += is_held(record) && (segment == 0 || record->segment == segment) &&
                (state == GONE || record->state == state);
    }
    return held;
}

static uint64_t model_bytes(void)
{
    uint64_t bytes = 0;
    for (uint64_t i = 0; i < model.next_segment; i++) {
        bytes += model.segment_bytes[i];
    }
    return bytes;
}

static uint64_t model_segments(void)
{
    uint64_t segments = 0;
    for (uint64_t i = 0; i < model.next_segment; i++) {
        segments += model.segment_bytes[i] > 0;
    }
    return segments;
}

// Deletes what holds nothing.
static void model_tidy(void)
{
    for (uint64_t i = 1; i < model.next_segment; i++) {
        if (i != model.active && model.segment_bytes[i] > 0 && held_in(i, GONE) == 0) {
            model.segment_bytes[i] = 0;
        }
    }
    if (model.active != 0 && held_in(0, GONE) == 0) {
        model.segment_bytes[model.active] = 0;
        model.active = 0;
    }
}

static void model_write(void)
{
    for (size_t i = 0; i < model.count; i++) {
        if (model.records[i].state == BUFFERED) {
            model.records[i].state = WAITING;
        }
    }
}

static bool model_is_turn(uint64_t bytes)
{
    return model.active == 0 || (model.segment_bytes[model.active] > HEAD &&
                                 model.segment_bytes[model.active] + bytes > SEGMENT_BYTES);
}

static bool model_is_room(uint64_t bytes)
{
    return model_bytes() + bytes + (model_is_turn(bytes) ? HEAD : 0) <= MAX_BYTES;
}

static bool model_drop(void)
{
    if (held_in(0, GONE) == held_in(0, IN_FLIGHT)) {
        return false;
    }
    model.events[DROPPED]++;
    uint64_t oldest = 1;
    while (model.segment_bytes[oldest] == 0) {
        oldest++;
    }
    for (size_t i = 0; i < model.count; i++) {
        struct model_record *record = &model.records[i];
        if (record->segment == oldest && is_held(record) && record->state != IN_FLIGHT) {
            record->state = GONE;
            model.overflowed[record->origin]++;
        }
    }
    model.events[DROPPED_IN_FLIGHT] += held_in(oldest, GONE) > 0;
    model.segment_bytes[oldest] = 0;
    if (model.active == oldest) {
        model.active = 0;
    }
    return true;
}

// `segment` is where the spool has put it.
static int model_append(uint64_t number, uint64_t bytes, uint64_t segment)
{
    while (!model_is_room(bytes)) {
        if (model.full == SPOOL_REFUSE_NEWEST || !model_drop()) {
            model.events[REFUSED]++;
            return -ENOSPC;
        }
    }
    if (model_is_turn(bytes)) {
        model_write();
        model.active = 0;
        model_tidy();
        assert_true(segment >= model.next_segment);
        model.active = segment;
        model.next_segment = segment + 1;
        model.segment_bytes[model.active] = HEAD;
    }
    model.segment_bytes[model.active] += bytes;
    model.records[model.count++] = (struct model_record){
        .number = number,
        .segment = model.active,
        .bytes = bytes,
        .origin = number % SPOOL_MARKS,
    };
    model.appended[number % SPOOL_MARKS]++;
    return 0;
}

static void step_append(void)
{
    uint64_t kind = random_below(&model.random, 200);
    uint64_t most = kind == 0 ? SPOOL_BYTES_MIN - 200 : kind < 5 ? 200000 : 4000;
    uint32_t value_bytes = (uint32_t)(8 + random_below(&model.random, most));
    struct spool_record record = made_record(model.next_record, value_bytes);
    uint64_t octets = record.value_bytes + record.key_bytes;
    uint64_t bytes = (RECORD_HEAD + octets + 7) / 8 * 8;
    assert_int_equal(spool_has_room(model.spool, octets), model_is_room(bytes));
    int code = spool_append(model.spool, &record);
    uint64_t segment = spool_newest_segment(model.spool);
    assert_int_equal(model_append(model.next_record, bytes, segment), code);
    model.next_record++;
}

static void step_flush(void)
{
    size_t lost;
    assert_int_equal(spool_flush(model.spool, &lost), 0);
    assert_int_equal(lost, 0);
    model_write();
}

static void model_rewind(void)
{
    model.returning = false;
    for (size_t i = 0; i < model.count; i++) {
        model.records[i].read = false;
    }
}

static struct model_record *next_to_read(void)
{
    for (size_t i = 0; i < model.count; i++) {
        if (model.records[i].state == WAITING && !model.records[i].read) {
            return &model.records[i];
        }
    }
    return NULL;
}

static void take(const struct spool_item *item)
{
    struct model_record *record = next_to_read();
    record->state = IN_FLIGHT;
    record->read = true;
    record->place = item->place;
}

static void untake(void)
{
    size_t i = model.count;
    while (model.records[--i].state != IN_FLIGHT) {
    }
    model.records[i].state = WAITING;
    model.records[i].read = false;
    model.events[UNTAKEN]++;
}

static void step_read(void)
{
    static struct spool_item items[MADE_ITEMS];
    size_t count = spool_peek(model.spool, items, 1 + random_below(&model.random, 300));
    if (model.returning && held_in(0, IN_FLIGHT) == 0) {
        model_rewind();
    }
    bool blocked = model.returning || next_to_read() == NULL;
    assert_int_equal(count == 0, blocked);
    size_t taken = count > 0 ? random_below(&model.random, count + 1) : 0;
    for (size_t i = 0; i < taken; i++) {
        assert_int_equal(made_number(&items[i].record), next_to_read()->number);
        assert_int_equal(items[i].found, next_to_read()->origin == SPOOL_FOUND);
        take(&items[i]);
    }
    spool_take(model.spool, taken);
    size_t untaken = taken > 0 && random_below(&model.random, 4) == 0
                         ? random_below(&model.random, taken + 1)
                         : 0;
    for (size_t i = 0; i < untaken; i++) {
        untake();
    }
    spool_untake(model.spool, untaken);
}

static void land(struct model_record *record, bool back)
{
    model.events[back ? RETURNED : SETTLED]++;
    if (!back) {
        spool_settle(model.spool, record->place);
        record->state = GONE;
        model.settled[record->origin]++;
    } else {
        spool_return(model.spool, record->place);
        model.returning = true;
        record->state = WAITING;
        if (model.segment_bytes[record->segment] == 0) {
            record->state = GONE;
            model.overflowed[record->origin]++;
        }
    }
    model_tidy();
}

// Settles, or returns, some of what is in flight, each with a chance of one in `one_in`.
static void step_land(uint64_t one_in, bool back)
{
    for (size_t i = 0; i < model.count; i++) {
        if (model.records[i].state == IN_FLIGHT && random_below(&model.random, one_in) == 0) {
            land(&model.records[i], back);
        }
    }
}

static struct spool *model_open(void)
{
    return made_open("model", (struct made_options){.max_bytes = MAX_BYTES, .full = model.full});
}

// What is in flight in a segment that was given up is lost with the process.
static void step_reopen(void)
{
    spool_close(model.spool);
    model.spool = model_open();
    memset(model.appended, 0, sizeof(model.appended));
    memset(model.settled, 0, sizeof(model.settled));
    memset(model.overflowed, 0, sizeof(model.overflowed));
    model.events[REOPENED]++;
    model.active = 0;
    model_rewind();
    for (size_t i = 0; i < model.count; i++) {
        struct model_record *record = &model.records[i];
        bool there = is_held(record) && model.segment_bytes[record->segment] > 0;
        record->state = there ? WAITING : GONE;
        record->origin = SPOOL_FOUND;
        model.appended[SPOOL_FOUND] += there;
    }
    model_tidy();
    uint64_t highest = model.next_segment - 1;
    while (highest > 0 && model.segment_bytes[highest] == 0) {
        highest--;
    }
    // The numbers of segments that are gone come again, so that their records may not be mistaken
    // for those of the new ones.
    for (size_t i = 0; i < model.count; i++) {
        if (!is_held(&model.records[i])) {
            model.records[i].segment = 0;
        }
    }
    model.next_segment = highest + 1;
}

static void model_compare(void)
{
    made_check(model.spool);
    const struct spool_counts *counts = spool_counts(model.spool);
    for (size_t origin = 0; origin < SPOOL_ORIGINS; origin++) {
        assert_int_equal(counter_read(&counts->appended[origin]), model.appended[origin]);
        assert_int_equal(counter_read(&counts->settled[origin]), model.settled[origin]);
        assert_int_equal(counter_read(&counts->overflowed[origin]), model.overflowed[origin]);
        assert_int_equal(counter_read(&counts->damaged[origin]), 0);
    }
    assert_int_equal(spool_in_flight(model.spool), held_in(0, IN_FLIGHT));
    assert_int_equal(counter_read(&counts->bytes), model_bytes());
    assert_int_equal(counter_read(&counts->segments), model_segments());
    assert_true(model_bytes() <= MAX_BYTES);
}

// Forgets what is gone, so that a step does not cost more and more.
static void model_compact(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < model.count; i++) {
        if (is_held(&model.records[i])) {
            model.records[kept++] = model.records[i];
        }
    }
    model.count = kept;
}

static void step(void)
{
    uint64_t kind = random_below(&model.random, 1000);
    uint64_t phase = model.next_record / 1000 % 3; // fills, empties, or both
    if (kind < 3) {
        step_reopen();
    } else if (kind < 300 + 200 * phase) {
        step_append();
    } else if (kind < 800) {
        step_flush();
    } else if (kind < 900) {
        step_read();
    } else if (kind < 980) {
        step_land(1 + random_below(&model.random, 4), false);
    } else {
        step_land(1 + random_below(&model.random, 2), true);
    }
}

static void run(uint64_t seed, enum spool_full full)
{
    print_message("seed %" PRIu64 "\n", seed);
    memset(&model, 0, sizeof(model));
    model.random.state = seed;
    model.full = full;
    model.next_segment = 1;
    model.spool = model_open();
    for (int i = 0; i < STEPS; i++) {
        step();
        model_compact();
        model_compare();
    }
    for (size_t i = 0; i < EVENTS; i++) {
        bool drop = i == DROPPED || i == DROPPED_IN_FLIGHT;
        if (full == SPOOL_REFUSE_NEWEST && drop) {
            assert_int_equal(model.events[i], 0);
        } else if (full == SPOOL_REFUSE_NEWEST || i != REFUSED) {
            assert_true(model.events[i] > 0);
        }
    }
    assert_int_equal(made_complaints(model.spool, NULL), 0);
    spool_close(model.spool);
    made_delete("model");
}

static void test_fixed_seeds(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        for (int full = 0; full < KINDS; full++) {
            run(seed, (enum spool_full)full);
        }
    }
}

static void test_drawn_seed(void **state)
{
    (void)state;
    const char *set = getenv("WEIR_SEED");
    struct hash_secret drawn;
    hash_secret_draw(&drawn);
    uint64_t seed = set != NULL ? strtoull(set, NULL, 10) : drawn.seed;
    for (int full = 0; full < KINDS; full++) {
        run(seed, (enum spool_full)full);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_seeds),
        cmocka_unit_test(test_drawn_seed),
    };
    return cmocka_run_group_tests(tests, made_setup, made_teardown);
}
