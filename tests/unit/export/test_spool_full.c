// SPDX-License-Identifier: Apache-2.0
// No room: of the spool's own, on the disk, or in a file.
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/export/spool_made.h"

enum {
    SEGMENT_HEAD = 32,
    RECORD_HEAD = 24,
    VALUE = 1000,
    // Of the largest of these records; their keys are not all of one size.
    RECORD = RECORD_HEAD + 61 + VALUE + 7,
    SEGMENT = SPOOL_BYTES_MIN / 8,
};

static struct made_taken taken;

static uint64_t count_of(const counter *count)
{
    return counter_read(count);
}

static struct spool *open_small(const char *directory, enum spool_full full)
{
    return made_open(directory, (struct made_options){.max_bytes = SPOOL_BYTES_MIN, .full = full});
}

static void test_refuses_newest(void **state)
{
    (void)state;
    struct spool *spool = open_small("refuse", SPOOL_REFUSE_NEWEST);
    const struct spool_counts *counts = spool_counts(spool);
    uint64_t appended = 0;
    struct spool_record record = made_record(appended, VALUE);
    while (spool_append(spool, &record) == 0) {
        made_check(spool);
        record = made_record(++appended, VALUE);
    }
    made_check(spool);
    assert_int_equal(spool_append(spool, &record), -ENOSPC);
    assert_false(spool_has_room(spool, record.key_bytes + record.value_bytes));
    assert_true(count_of(&counts->bytes) <= SPOOL_BYTES_MIN);
    assert_true(count_of(&counts->bytes) + RECORD + SEGMENT_HEAD > SPOOL_BYTES_MIN);
    assert_int_equal(made_total(counts->appended), appended);
    assert_int_equal(made_total(counts->overflowed), 0);
    size_t lost;
    assert_int_equal(spool_flush(spool, &lost), 0);
    made_take(spool, &taken, appended + 1);
    made_expect(&taken, 0, appended);
    // Room comes back with a whole segment, not before.
    size_t settled = 0;
    uint64_t segments = count_of(&counts->segments);
    while (count_of(&counts->segments) == segments) {
        assert_int_equal(spool_append(spool, &record), -ENOSPC);
        spool_settle(spool, taken.places[settled++]);
        made_check(spool);
    }
    assert_true(settled > SEGMENT / RECORD - 2);
    assert_int_equal(spool_append(spool, &record), 0);
    made_check(spool);
    spool_close(spool);
    made_delete("refuse");
}

static void test_drops_oldest(void **state)
{
    (void)state;
    enum { RECORDS = 5000 };
    struct spool *spool = open_small("drop", SPOOL_DROP_OLDEST);
    const struct spool_counts *counts = spool_counts(spool);
    for (uint64_t i = 0; i < RECORDS; i++) {
        struct spool_record record = made_record(i, VALUE);
        assert_int_equal(spool_append(spool, &record), 0);
        assert_true(count_of(&counts->bytes) <= SPOOL_BYTES_MIN);
        made_check(spool);
    }
    size_t lost;
    assert_int_equal(spool_flush(spool, &lost), 0);
    uint64_t overflowed = made_total(counts->overflowed);
    made_take(spool, &taken, RECORDS);
    made_expect(&taken, overflowed, RECORDS - overflowed);
    // Marks take turns.
    assert_true(count_of(&counts->overflowed[0]) - count_of(&counts->overflowed[1]) <= 1);
    assert_true(RECORDS - overflowed >= 7 * (SEGMENT / RECORD - 1));
    spool_close(spool);
    made_delete("drop");
}

// What is found can be given up as well, and is counted as such.
static void test_drops_found(void **state)
{
    (void)state;
    enum { RECORDS = 900 };
    struct spool *spool = made_open("found", (struct made_options){.max_bytes = 8 << 20});
    made_append(spool, 0, RECORDS * 4, VALUE);
    spool_close(spool);
    spool = open_small("found", SPOOL_DROP_OLDEST); // far more there than may be
    const struct spool_counts *counts = spool_counts(spool);
    assert_int_equal(count_of(&counts->appended[SPOOL_FOUND]), RECORDS * 4);
    made_append(spool, RECORDS * 4, RECORDS * 2, VALUE);
    assert_int_equal(count_of(&counts->overflowed[SPOOL_FOUND]), RECORDS * 4);
    assert_true(count_of(&counts->bytes) <= SPOOL_BYTES_MIN);
    made_take(spool, &taken, RECORDS * 6);
    made_expect(&taken, RECORDS * 6 - taken.count, taken.count);
    spool_close(spool);
    made_delete("found");
}

// A segment goes, but for what of it is in flight.
static void test_drops_below_what_is_in_flight(void **state)
{
    (void)state;
    struct spool *spool = open_small("flight", SPOOL_DROP_OLDEST);
    const struct spool_counts *counts = spool_counts(spool);
    uint64_t next = 0;
    made_append(spool, next, 500, VALUE);
    next += 500;
    enum { TAKEN = 20 };
    made_take(spool, &taken, TAKEN);
    uint64_t first = spool_oldest_segment(spool);
    while (spool_oldest_segment(spool) == first) {
        made_append(spool, next++, 1, VALUE);
    }
    uint64_t overflowed = made_total(counts->overflowed);
    assert_true(overflowed > 0);
    assert_int_equal(spool_in_flight(spool), TAKEN);
    for (size_t i = 0; i < TAKEN; i++) {
        (i % 3 == 0 ? spool_return : spool_settle)(spool, taken.places[i]);
        made_check(spool);
    }
    assert_int_equal(made_total(counts->settled), TAKEN - (TAKEN + 2) / 3);
    assert_int_equal(made_total(counts->overflowed), overflowed + (TAKEN + 2) / 3);
    made_take(spool, &taken, next);
    made_expect(&taken, TAKEN + overflowed, next - TAKEN - overflowed);
    spool_close(spool);
    made_delete("flight");
}

// What is taken and put back after its segment was given up is gone with it.
static void test_untaken_after_drop(void **state)
{
    (void)state;
    struct spool *spool = open_small("untaken", SPOOL_DROP_OLDEST);
    const struct spool_counts *counts = spool_counts(spool);
    made_append(spool, 0, 500, VALUE);
    struct spool_item items[4];
    assert_int_equal(spool_peek(spool, items, 4), 4);
    spool_take(spool, 4);
    uint64_t first = spool_oldest_segment(spool);
    struct spool_record record = made_record(500, VALUE);
    while (spool_oldest_segment(spool) == first) {
        assert_int_equal(spool_append(spool, &record), 0);
    }
    uint64_t overflowed = made_total(counts->overflowed);
    spool_untake(spool, 3);
    made_check(spool);
    assert_int_equal(spool_in_flight(spool), 1);
    assert_int_equal(made_total(counts->overflowed), overflowed + 3);
    spool_settle(spool, items[0].place);
    made_check(spool);
    struct spool_item item;
    assert_int_equal(spool_peek(spool, &item, 1), 1);
    assert_int_equal(made_number(&item.record), overflowed + 4);
    spool_close(spool);
    made_delete("untaken");
}

static void test_all_in_flight(void **state)
{
    (void)state;
    struct spool *spool = open_small("all", SPOOL_DROP_OLDEST);
    uint64_t count = 0;
    struct spool_record record = made_record(0, VALUE);
    while (spool_has_room(spool, record.key_bytes + record.value_bytes)) {
        assert_int_equal(spool_append(spool, &record), 0);
        record = made_record(++count, VALUE);
    }
    size_t lost;
    assert_int_equal(spool_flush(spool, &lost), 0);
    made_take(spool, &taken, count + 1);
    assert_int_equal(taken.count, count);
    assert_int_equal(spool_append(spool, &record), -ENOSPC);
    made_check(spool);
    for (size_t i = 0; i < count; i++) {
        spool_settle(spool, taken.places[i]);
    }
    assert_int_equal(made_total(spool_counts(spool)->overflowed), 0);
    assert_int_equal(spool_append(spool, &record), 0);
    made_check(spool);
    spool_close(spool);
    made_delete("all");
}

// Records larger than a segment's share, so that one alone can be all there is.
static void test_large_records(void **state)
{
    (void)state;
    struct spool *spool = open_small("large", SPOOL_DROP_OLDEST);
    const struct spool_counts *counts = spool_counts(spool);
    for (uint64_t i = 0; i < 8; i++) {
        made_append(spool, i, 1, SPOOL_BYTES_MIN / 2);
        assert_int_equal(count_of(&counts->segments), 1); // there is never room for two
        assert_int_equal(made_total(counts->overflowed), i);
    }
    made_append(spool, 8, 1, VALUE); // not into the same one
    assert_int_equal(count_of(&counts->segments), 2);
    // Not even written, the active segment can be given up.
    struct spool_record record = made_record(9, SPOOL_BYTES_MIN - 200);
    assert_int_equal(spool_append(spool, &record), 0);
    record = made_record(10, SPOOL_BYTES_MIN - 200);
    assert_int_equal(spool_append(spool, &record), 0);
    made_check(spool);
    size_t lost;
    assert_int_equal(spool_flush(spool, &lost), 0);
    assert_int_equal(made_total(counts->overflowed), 10);
    made_take(spool, &taken, 2);
    made_expect(&taken, 10, 1);
    spool_close(spool);
    made_delete("large");
}

// Appends and flushes in batches until one fails; returns how many records are there.
static uint64_t fill(struct spool *spool, int code)
{
    enum { BATCH = 10 };
    const struct spool_counts *counts = spool_counts(spool);
    uint64_t kept = 0;
    for (;;) {
        int appended = 0;
        int refused = 0;
        while (appended < BATCH && refused == 0) {
            struct spool_record record = made_record(kept + (uint64_t)appended, VALUE);
            refused = spool_append(spool, &record);
            appended += refused == 0;
        }
        size_t lost;
        int flushed = spool_flush(spool, &lost);
        made_check(spool);
        assert_true(lost <= (size_t)appended);
        assert_true(flushed == 0 ? lost == 0 : lost > 0);
        kept += (uint64_t)appended - lost;
        assert_int_equal(made_total(counts->appended), kept);
        if (refused != 0 || flushed != 0) {
            assert_int_equal(refused != 0 ? refused : flushed, code);
            return kept;
        }
    }
}

// So many records are there, and nothing that is no record.
static void check_whole(const char *directory, uint64_t kept)
{
    struct spool *spool = made_open(directory, (struct made_options){0});
    assert_int_equal(count_of(&spool_counts(spool)->appended[SPOOL_FOUND]), kept);
    assert_int_equal(count_of(&spool_counts(spool)->damaged_bytes), 0);
    made_take(spool, &taken, kept + 1);
    made_expect(&taken, 0, kept);
    spool_close(spool);
}

static void test_disk_full(void **state)
{
    (void)state;
    const char *mounted = made_path("disk", "");
    assert_int_equal(mkdir(mounted, 0700), 0);
    // In a mount namespace of our own, so that nothing stays mounted whatever happens.
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("weir-test", mounted, "tmpfs", 0, "size=400k") != 0) {
        print_message("no disk to fill: only root may mount one\n");
        rmdir(mounted);
        skip();
    }
    struct spool *spool = open_small("disk", SPOOL_DROP_OLDEST);
    uint64_t kept = fill(spool, -ENOSPC);
    assert_true(kept > 300 && kept < 400);
    // Room comes back with the first segment; settling itself needs none.
    made_take(spool, &taken, 200);
    made_expect(&taken, 0, 200);
    for (size_t i = 0; i < taken.count; i++) {
        spool_settle(spool, taken.places[i]);
        made_check(spool);
    }
    made_append(spool, kept, 50, VALUE);
    made_take(spool, &taken, kept);
    made_expect(&taken, 200, kept - 200 + 50);
    for (size_t i = 0; i < taken.count; i++) {
        spool_settle(spool, taken.places[i]);
        made_check(spool);
    }
    assert_true(spool_is_empty(spool));
    assert_int_equal(made_complaints(spool, NULL), 0);
    spool_close(spool);

    spool = open_small("disk", SPOOL_DROP_OLDEST);
    kept = fill(spool, -ENOSPC);
    spool_close(spool);
    check_whole("disk", kept);
    made_delete("disk");
    assert_int_equal(umount(mounted), 0);
    rmdir(mounted);
}

static void test_file_cannot_grow(void **state)
{
    (void)state;
    signal(SIGXFSZ, SIG_IGN); // so that a file at its limit is an error of write(2)
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    // Also less than a segment's head, so that none can be begun.
    for (rlim_t limit = 20; limit < 100000; limit = limit * 7 + 3) {
        struct spool *spool = made_open("grow", (struct made_options){0});
        struct rlimit small = {.rlim_cur = limit, .rlim_max = before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
        uint64_t kept = fill(spool, limit < SEGMENT_HEAD ? -ENOSPC : -EFBIG);
        assert_int_equal(kept > 0, limit > RECORD + SEGMENT_HEAD);
        setrlimit(RLIMIT_FSIZE, &before);
        made_append(spool, kept, 5, VALUE); // goes on where the last whole record ended
        spool_close(spool);
        check_whole("grow", kept + 5);
        made_delete("grow");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses_newest),
        cmocka_unit_test(test_drops_oldest),
        cmocka_unit_test(test_drops_found),
        cmocka_unit_test(test_drops_below_what_is_in_flight),
        cmocka_unit_test(test_untaken_after_drop),
        cmocka_unit_test(test_all_in_flight),
        cmocka_unit_test(test_large_records),
        cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_file_cannot_grow),
    };
    return cmocka_run_group_tests(tests, made_setup, made_teardown);
}
