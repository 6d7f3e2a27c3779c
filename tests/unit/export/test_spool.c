// SPDX-License-Identifier: Apache-2.0
// Records through a spool: in and out, over many segments, out of order, back again, and over the
// end of a process that leaves some behind.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/base/clock.h"
#include "tests/unit/export/spool_made.h"

enum { SMALL = 600 };

static struct made_taken taken;

static uint64_t segments_of(const struct spool *spool)
{
    return counter_read(&spool_counts(spool)->segments);
}

static void settle_all(struct spool *spool)
{
    for (size_t i = 0; i < taken.count; i++) {
        spool_settle(spool, taken.places[i]);
        made_check(spool);
    }
}

// Records of all sizes that can be, told back as they were.
static void test_round_trip(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {8,   9,     15,    16,      17,
                                     600, 65535, 65536, 1 << 20, SPOOL_RECORD_MAX};
    enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };
    struct spool *spool = made_open("a/b/trip", (struct made_options){0});
    for (size_t i = 0; i < SIZES; i++) {
        struct spool_record record = made_record(7 * i, sizes[i]); // those numbers have no key
        assert_int_equal(spool_append(spool, &record), 0);
        made_check(spool);
        if (i == 0) { // nothing is written yet
            assert_int_equal(spool_peek(spool, &(struct spool_item){0}, 1), 0);
        }
    }
    size_t lost = 1;
    assert_int_equal(spool_flush(spool, &lost), 0);
    assert_int_equal(lost, 0);
    made_take(spool, &taken, SIZES + 1);
    assert_int_equal(taken.count, SIZES);
    for (size_t i = 0; i < SIZES; i++) {
        assert_int_equal(taken.numbers[i], 7 * i);
        assert_true(taken.places[i] != 0 && taken.places[i] < UINT64_C(1) << 62);
    }
    assert_int_equal(spool_in_flight(spool), SIZES);
    settle_all(spool);
    assert_true(spool_is_empty(spool));
    assert_int_equal(made_complaints(spool, NULL), 0);
    spool_close(spool);
    made_delete("a/b/trip");
    rmdir(made_path("a/b", ""));
    rmdir(made_path("a", ""));
}

static void test_empty_parts(void **state)
{
    (void)state;
    struct spool *spool = made_open("empty", (struct made_options){0});
    struct spool_record nothing = {.mark = 1, .topic = 255};
    assert_int_equal(spool_append(spool, &nothing), 0);
    char key[SPOOL_KEY_MAX];
    memset(key, 'k', sizeof(key));
    struct spool_record keyed = {.key = key, .key_bytes = sizeof(key)};
    assert_int_equal(spool_append(spool, &keyed), 0);
    size_t lost;
    assert_int_equal(spool_flush(spool, &lost), 0);
    struct spool_item items[3];
    assert_int_equal(spool_peek(spool, items, 3), 2);
    assert_int_equal(items[0].record.value_bytes + items[0].record.key_bytes, 0);
    assert_int_equal(items[0].record.mark, 1);
    assert_int_equal(items[0].record.topic, 255);
    assert_int_equal(items[1].record.key_bytes, SPOOL_KEY_MAX);
    assert_memory_equal(items[1].record.key, key, sizeof(key));
    spool_close(spool);
    made_delete("empty");
}

static void test_refused_records(void **state)
{
    (void)state;
    struct spool *spool = made_open("refused", (struct made_options){.max_bytes = SPOOL_BYTES_MIN});
    static char octets[SPOOL_RECORD_MAX + 1];
    const struct spool_record cases[] = {
        {.value = octets, .value_bytes = SPOOL_RECORD_MAX + 1},
        {.value = octets, .value_bytes = UINT32_MAX},
        {.key = octets, .key_bytes = SPOOL_KEY_MAX + 1},
        {.key = octets, .key_bytes = 8, .value = octets, .value_bytes = SPOOL_RECORD_MAX - 7},
        {.value = octets, .value_bytes = SPOOL_BYTES_MIN}, // of the whole spool
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(spool_append(spool, &cases[i]), -EMSGSIZE);
        made_check(spool);
    }
    assert_true(spool_is_empty(spool));
    spool_close(spool);
    made_delete("refused");
}

static void test_order_over_segments(void **state)
{
    (void)state;
    enum { RECORDS = 20000 };
    struct spool *spool = made_open("order", (struct made_options){.max_bytes = 16 << 20});
    for (size_t i = 0; i < RECORDS; i += 500) {
        made_append(spool, i, 500, SMALL);
    }
    assert_true(segments_of(spool) >= 6);
    made_take(spool, &taken, RECORDS + 1);
    made_expect(&taken, 0, RECORDS);
    settle_all(spool);
    assert_true(spool_is_empty(spool));
    spool_close(spool);
    made_delete("order");
}

// A segment goes when the last of it is settled, whichever that is.
static void test_settle_out_of_order(void **state)
{
    (void)state;
    enum { RECORDS = 4000 };
    struct spool *spool = made_open("settle", (struct made_options){.max_bytes = 8 << 20});
    made_append(spool, 0, RECORDS, SMALL);
    uint64_t segments = segments_of(spool);
    uint64_t first = spool_oldest_segment(spool);
    assert_true(segments >= 3);
    made_take(spool, &taken, RECORDS);
    // Backwards, with the first of all left to the end: it alone holds the first segment.
    for (size_t i = RECORDS - 1; i > 0; i--) {
        spool_settle(spool, taken.places[i]);
        made_check(spool);
    }
    assert_int_equal(segments_of(spool), 2); // and the one that is appended to
    assert_int_equal(access(made_segment("settle", first), F_OK), 0);
    assert_int_equal(access(made_segment("settle", first + 1), F_OK), -1);
    spool_settle(spool, taken.places[0]);
    made_check(spool);
    assert_true(spool_is_empty(spool));
    made_append(spool, 0, 1, SMALL);
    assert_int_equal(spool_newest_segment(spool), first + segments);
    assert_int_equal(spool_oldest_segment(spool), first + segments);
    spool_close(spool);
    made_delete("settle");
}

static void test_returned_are_read_again(void **state)
{
    (void)state;
    enum { RECORDS = 4000 };
    struct spool *spool = made_open("return", (struct made_options){.max_bytes = 8 << 20});
    made_append(spool, 0, RECORDS, SMALL);
    made_take(spool, &taken, RECORDS / 2);
    struct spool_item item;
    for (size_t i = 0; i < taken.count; i++) { // all odd ones come back
        (i % 2 == 0 ? spool_settle : spool_return)(spool, taken.places[i]);
        made_check(spool);
        if (i > 0 && i + 1 < taken.count) {
            assert_int_equal(spool_peek(spool, &item, 1), 0);
        }
    }
    assert_int_equal(spool_in_flight(spool), 0);
    made_take(spool, &taken, RECORDS);
    assert_int_equal(taken.count, RECORDS / 4 + RECORDS / 2);
    for (size_t i = 0; i < taken.count; i++) {
        uint64_t expected = i < RECORDS / 4 ? 2 * i + 1 : i + RECORDS / 4;
        assert_int_equal(taken.numbers[i], expected);
    }
    settle_all(spool);
    assert_true(spool_is_empty(spool));
    spool_close(spool);
    made_delete("return");
}

static void test_peek_and_untake(void **state)
{
    (void)state;
    struct spool *spool = made_open("untake", (struct made_options){0});
    made_append(spool, 0, 10, SMALL);
    struct spool_item items[10];
    for (int i = 0; i < 3; i++) { // peeking changes nothing
        assert_int_equal(spool_peek(spool, items, 10), 10);
        assert_int_equal(made_number(&items[0].record), 0);
    }
    spool_take(spool, 8);
    spool_settle(spool, items[0].place);
    spool_untake(spool, 2);
    spool_untake(spool, 3);
    assert_int_equal(spool_in_flight(spool), 2);
    made_check(spool);
    assert_int_equal(spool_peek(spool, items + 3, 7), 7);
    for (size_t i = 3; i < 10; i++) {
        assert_int_equal(made_number(&items[i].record), i);
    }
    spool_take(spool, 7);
    for (size_t i = 1; i < 10; i++) {
        spool_settle(spool, items[i].place);
    }
    made_check(spool);
    assert_true(spool_is_empty(spool));
    spool_close(spool);
    made_delete("untake");
}

struct told {
    uint64_t next;
    uint64_t segment;
};

static void on_found(void *context, uint64_t segment, const struct spool_record *record)
{
    struct told *told = context;
    assert_int_equal(made_number(record), told->next);
    assert_true(segment >= told->segment);
    told->next += 2;
    told->segment = segment;
}

// Only what is not settled comes, as found, and is told of while the spool is opened.
static void test_reopening(void **state)
{
    (void)state;
    enum { RECORDS = 3000 };
    struct spool *spool = made_open("reopen", (struct made_options){.max_bytes = 4 << 20});
    made_append(spool, 0, RECORDS, SMALL);
    made_take(spool, &taken, RECORDS);
    for (size_t i = 1; i < RECORDS; i += 2) {
        spool_settle(spool, taken.places[i]);
    }
    uint64_t newest = spool_newest_segment(spool);
    spool_close(spool); // the even ones in flight
    struct told told = {0};
    struct spool_options options = {.directory = made_path("reopen", ""),
                                    .max_bytes = 4 << 20,
                                    .sync_us = 1000000,
                                    .found = on_found,
                                    .context = &told};
    assert_int_equal(spool_open(&options, &spool, NULL), 0);
    assert_int_equal(told.next, RECORDS);
    assert_int_equal(told.segment, newest);
    made_check(spool);
    assert_int_equal(counter_read(&spool_counts(spool)->held[SPOOL_FOUND]), RECORDS / 2);
    made_append(spool, RECORDS, 1, SMALL);
    assert_true(spool_newest_segment(spool) > newest); // never behind what was found
    struct spool_item items[2];
    for (size_t i = 0; i < RECORDS; i += 2) {
        assert_int_equal(spool_peek(spool, items, 1), 1);
        assert_true(items[0].found);
        assert_int_equal(made_number(&items[0].record), i);
        spool_take(spool, 1);
        spool_settle(spool, items[0].place);
        made_check(spool);
    }
    assert_int_equal(spool_peek(spool, items, 2), 1);
    assert_false(items[0].found);
    assert_int_equal(counter_read(&spool_counts(spool)->settled[SPOOL_FOUND]), RECORDS / 2);
    assert_int_equal(made_complaints(spool, NULL), 0);
    spool_close(spool);
    made_delete("reopen");
}

// The last that a process appends comes before its own records, and after those it found.
static void test_append_in_front(void **state)
{
    (void)state;
    enum { OLD = 10, OWN = 1200, FRONT = 500 };
    struct made_options options = {.max_bytes = SPOOL_BYTES_MIN + (1 << 19)};
    struct spool *spool = made_open("front", options);
    made_append(spool, 0, OLD, SMALL);
    spool_close(spool);
    spool = made_open("front", options);
    made_append(spool, OLD + FRONT, OWN, SMALL);
    spool_append_in_front(spool);
    made_append(spool, OLD, FRONT, SMALL);
    // Full, it gives up nothing that it has.
    struct spool_record record = made_record(0, 8000);
    int code;
    while ((code = spool_append(spool, &record)) == 0) {
        made_check(spool);
    }
    assert_int_equal(code, -ENOSPC);
    assert_int_equal(made_total(spool_counts(spool)->overflowed), 0);
    made_check(spool);
    spool_close(spool);
    spool = made_open("front", options);
    made_take(spool, &taken, OLD + FRONT + OWN + 200);
    assert_true(taken.count >= OLD + FRONT + OWN);
    size_t filled = taken.count - (OLD + FRONT + OWN); // what it was filled with, behind the front
    for (size_t i = 0; i < taken.count; i++) {
        bool before = i < OLD + FRONT;
        bool filling = !before && i < OLD + FRONT + filled;
        assert_int_equal(taken.numbers[i], filling ? 0 : before ? i : i - filled);
    }
    spool_close(spool);
    made_delete("front");
}

static void test_lock(void **state)
{
    (void)state;
    struct spool *spool = made_open("lock", (struct made_options){0});
    made_append(spool, 0, 3, SMALL);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct spool_options options = {.directory = made_path("lock", ""),
                                        .max_bytes = SPOOL_BYTES_MIN};
        struct spool *second = NULL;
        struct error err = {0};
        char pid[32];
        snprintf(pid, sizeof(pid), "process %d ", (int)getppid());
        bool refused = spool_open(&options, &second, &err) == -EBUSY && second == NULL;
        struct spool_survey survey;
        bool surveyed = spool_survey(options.directory, &survey, NULL) == 0 && survey.open &&
                        survey.records == 3 && survey.damaged_bytes == 0;
        _exit(refused && surveyed && strstr(err.text, pid) != NULL &&
                      strstr(err.text, options.directory) != NULL
                  ? 0
                  : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    spool_close(spool);
    spool_close(made_open("lock", (struct made_options){0}));
    made_delete("lock");
}

static void test_survey(void **state)
{
    (void)state;
    struct spool_survey survey = {.segments = 77};
    struct error err = {0};
    assert_int_equal(spool_survey(made_path("nowhere", ""), &survey, &err), -ENOENT);
    assert_non_null(strstr(err.text, "nowhere"));
    assert_int_equal(survey.segments, 77);
    struct spool *spool = made_open("survey", (struct made_options){.max_bytes = 4 << 20});
    assert_int_equal(spool_survey(made_path("survey", ""), &survey, &err), 0);
    assert_int_equal(survey.segments + survey.bytes + survey.records, 0);
    assert_int_equal(survey.oldest_us, 0);
    assert_int_equal(counter_read(&spool_counts(spool)->oldest_us), 0);
    made_append(spool, 0, 3000, SMALL);
    uint64_t begun_us = counter_read(&spool_counts(spool)->oldest_us);
    assert_true(begun_us <= (uint64_t)clock_wall_us() &&
                begun_us + 10000000 > (uint64_t)clock_wall_us());
    made_take(spool, &taken, 100);
    settle_all(spool);
    uint64_t bytes = counter_read(&spool_counts(spool)->bytes);
    uint64_t segments = segments_of(spool);
    spool_close(spool);
    assert_int_equal(spool_survey(made_path("survey", ""), &survey, &err), 0);
    assert_int_equal(survey.records, 2900);
    assert_int_equal(survey.bytes, bytes);
    assert_int_equal(survey.segments, segments);
    assert_int_equal(survey.oldest_us, begun_us);
    assert_int_equal(survey.damaged_bytes, 0);
    assert_false(survey.open);
    // As old as it was for the process that comes after; with the first segment its age goes.
    spool = made_open("survey", (struct made_options){.max_bytes = 4 << 20});
    assert_int_equal(counter_read(&spool_counts(spool)->oldest_us), begun_us);
    uint64_t first = spool_oldest_segment(spool);
    while (spool_oldest_segment(spool) == first) {
        made_take(spool, &taken, 100);
        settle_all(spool);
    }
    assert_true(counter_read(&spool_counts(spool)->oldest_us) > begun_us);
    made_take(spool, &taken, spool_held(spool));
    settle_all(spool);
    assert_int_equal(counter_read(&spool_counts(spool)->oldest_us), 0);
    spool_close(spool);
    made_delete("survey");
}

static void test_refused_options(void **state)
{
    (void)state;
    static const struct {
        struct spool_options options;
        int code;
        const char *says;
    } cases[] = {
        {{.directory = NULL, .max_bytes = SPOOL_BYTES_MIN}, -EINVAL, "directory"},
        {{.directory = "", .max_bytes = SPOOL_BYTES_MIN}, -EINVAL, "directory"},
        {{.directory = "/tmp/x", .max_bytes = SPOOL_BYTES_MIN - 1}, -EINVAL, "'/tmp/x'"},
        {{.directory = "/tmp/x", .max_bytes = SPOOL_BYTES_MIN, .sync_us = -1}, -EINVAL, "'/tmp/x'"},
        {{.directory = "/proc/x/y", .max_bytes = SPOOL_BYTES_MIN}, -ENOENT, "'/proc/x'"},
        {{.directory = "/dev/null/y", .max_bytes = SPOOL_BYTES_MIN}, -ENOTDIR, "'/dev/null/y'"},
        {{.directory = "/dev/null", .max_bytes = SPOOL_BYTES_MIN}, -ENOTDIR, "'/dev/null'"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct spool *untouched = NULL;
        struct error err = {0};
        assert_int_equal(spool_open(&cases[i].options, &untouched, &err), cases[i].code);
        assert_null(untouched);
        if (strstr(err.text, cases[i].says) == NULL) {
            fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].says);
        }
    }
    spool_close(NULL);
}

static void test_modes(void **state)
{
    (void)state;
    struct spool *spool = made_open("parent/modes", (struct made_options){0});
    made_append(spool, 0, 1, SMALL);
    const struct {
        const char *path;
        mode_t mode;
    } cases[] = {
        {made_path("parent", ""), 0700},
        {made_path("parent/modes", ""), 0700},
        {made_path("parent/modes", "lock"), 0600},
        {made_segment("parent/modes", spool_oldest_segment(spool)), 0600},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stat status;
        assert_int_equal(stat(cases[i].path, &status), 0);
        assert_int_equal(status.st_mode & 0777, cases[i].mode);
    }
    spool_close(spool);
    made_delete("parent/modes");
    rmdir(made_path("parent", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_empty_parts),
        cmocka_unit_test(test_refused_records),
        cmocka_unit_test(test_order_over_segments),
        cmocka_unit_test(test_settle_out_of_order),
        cmocka_unit_test(test_returned_are_read_again),
        cmocka_unit_test(test_peek_and_untake),
        cmocka_unit_test(test_reopening),
        cmocka_unit_test(test_append_in_front),
        cmocka_unit_test(test_lock),
        cmocka_unit_test(test_survey),
        cmocka_unit_test(test_refused_options),
        cmocka_unit_test(test_modes),
    };
    return cmocka_run_group_tests(tests, made_setup, made_teardown);
}
