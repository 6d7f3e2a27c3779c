// SPDX-License-Identifier: Apache-2.0
// Files that are not as they were left: cut, overwritten, emptied, gone; before a spool is opened
// and while it is open. Whole records come, never a wrong one, and what does not come is counted.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/export/spool_made.h"

enum {
    HEAD = 32,        // octets of a segment's head
    RECORD_HEAD = 24, // and of a record's
    STATE_AT = 4,     // its state and what is not looked at
    STATE_END = 8,
    RECORDS = 6,
    FILE_MAX = 4096,
};

// The directory's first segment: what a process that finds nothing begins with.
static uint64_t first_number;
static char first_segment[32];

static struct made_taken taken;

struct octets {
    size_t count;
    char octets[FILE_MAX];
};

static void file_write(const char *directory, const char *name, const void *octets, size_t count)
{
    int fd = open(made_path(directory, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, octets, count), count);
    close(fd);
}

static void segment_write(uint64_t number, const void *octets, size_t count)
{
    char name[32];
    snprintf(name, sizeof(name), "%010" PRIu64 ".spool", number);
    file_write("damage", name, octets, count);
}

static void file_read(const char *directory, const char *name, struct octets *file)
{
    int fd = open(made_path(directory, name), O_RDONLY);
    assert_true(fd >= 0);
    ssize_t count = read(fd, file->octets, FILE_MAX);
    assert_true(count > 0 && count < FILE_MAX);
    file->count = (size_t)count;
    close(fd);
}

// Octets of value, of all remainders by 8.
static uint32_t value_bytes_of(uint64_t number)
{
    return 40 + (uint32_t)number * 3;
}

// Where a record begins that follows that many others.
static size_t begin_of(uint64_t number)
{
    size_t at = HEAD;
    for (uint64_t i = 0; i < number; i++) {
        struct spool_record record = made_record(i, value_bytes_of(i));
        at += (RECORD_HEAD + record.key_bytes + record.value_bytes + 7) / 8 * 8;
    }
    return at;
}

// Behind the last octet of its value.
static size_t value_end_of(uint64_t number)
{
    struct spool_record record = made_record(number, value_bytes_of(number));
    return begin_of(number) + RECORD_HEAD + record.key_bytes + record.value_bytes;
}

// Opens a new spool and appends RECORDS records to its first segment.
static struct spool *segment_begin(void)
{
    struct spool *spool = made_open("damage", (struct made_options){0});
    for (uint64_t i = 0; i < RECORDS; i++) {
        made_append(spool, i, 1, value_bytes_of(i));
    }
    first_number = spool_oldest_segment(spool);
    snprintf(first_segment, sizeof(first_segment), "%010" PRIu64 ".spool", first_number);
    return spool;
}

// The same, closed again; tells what is in the file.
static void segment_make(struct octets *file)
{
    spool_close(segment_begin());
    file_read("damage", first_segment, file);
    assert_int_equal(file->count, begin_of(RECORDS));
}

// Opens, and takes all that is there.
static struct spool *open_and_take(const char *directory)
{
    struct spool *spool = made_open(directory, (struct made_options){0});
    uint64_t found = counter_read(&spool_counts(spool)->appended[SPOOL_FOUND]);
    made_take(spool, &taken, RECORDS * 4);
    assert_int_equal(taken.count, found);
    return spool;
}

// `file` is what the directory's only segment holds: all records but `missing` (RECORDS: none)
// come, `damaged` octets from `damaged_at` on are counted and told of, if there are any.
static void check_file(const struct octets *file, uint64_t missing, size_t damaged_at,
                       size_t damaged)
{
    file_write("damage", first_segment, file->octets, file->count);
    struct spool *spool = open_and_take("damage");
    assert_int_equal(taken.count, RECORDS - (missing < RECORDS));
    for (size_t i = 0; i < taken.count; i++) {
        assert_int_equal(taken.numbers[i], i < missing ? i : i + 1);
    }
    assert_int_equal(counter_read(&spool_counts(spool)->damaged_bytes), damaged);
    struct error said = {0};
    assert_int_equal(made_complaints(spool, &said), damaged > 0);
    if (damaged > 0) {
        char figures[64];
        snprintf(figures, sizeof(figures), "%zu octets from octet %zu ", damaged, damaged_at);
        assert_non_null(strstr(said.text, first_segment));
        assert_non_null(strstr(said.text, figures));
    }
    for (size_t i = 0; i < taken.count; i++) {
        spool_settle(spool, taken.places[i]);
        made_check(spool);
    }
    assert_true(spool_is_empty(spool));
    spool_close(spool);
}

static void test_each_flipped_bit(void **state)
{
    (void)state;
    struct octets whole;
    segment_make(&whole);
    uint64_t number = 0;
    for (size_t bit = 0; bit < whole.count * 8; bit++) {
        size_t at = bit / 8;
        if (at == begin_of(number + 1)) {
            number++;
        }
        struct octets flipped = whole;
        flipped.octets[at] ^= (char)(1 << bit % 8);
        size_t within = at - begin_of(number);
        if (at < HEAD) {
            check_file(&flipped, RECORDS, 0, HEAD);
        } else if ((within >= STATE_AT && within < STATE_END) || at >= value_end_of(number)) {
            check_file(&flipped, RECORDS, 0, 0);
        } else {
            check_file(&flipped, number, begin_of(number), begin_of(number + 1) - begin_of(number));
        }
    }
    made_delete("damage");
}

// The same for a state that says that the record is settled.
static void test_flipped_bits_of_settled(void **state)
{
    (void)state;
    struct octets file;
    segment_make(&file);
    for (size_t i = 0; i < RECORDS; i++) {
        file.octets[begin_of(i) + STATE_AT] = i % 2 == 0 ? 0 : (char)(0xff ^ 1 << i);
    }
    file_write("damage", first_segment, file.octets, file.count);
    struct spool *spool = open_and_take("damage");
    assert_int_equal(taken.count, RECORDS / 2);
    for (size_t i = 0; i < taken.count; i++) {
        assert_int_equal(taken.numbers[i], 2 * i);
    }
    spool_close(spool);
    made_delete("damage");
}

// The tail that is not cut off is `fill`, or missing.
static void check_tails(const char *fill)
{
    struct octets whole;
    segment_make(&whole);
    for (size_t cut = 0; cut <= whole.count; cut++) {
        struct octets file = whole;
        if (fill == NULL) {
            file.count = cut;
        } else {
            memcpy(file.octets + cut, fill + cut, file.count - cut);
        }
        uint64_t left = 0;
        while (left < RECORDS && value_end_of(left) <= cut) {
            left++;
        }
        // A record whose padding alone is missing is not whole, one whose padding is filled is.
        if (fill == NULL && left > 0 && begin_of(left) > cut) {
            left--;
        }
        // What fills the head's tail can be what was there.
        bool head = file.count >= HEAD && memcmp(file.octets, whole.octets, HEAD) == 0;
        size_t whole_end = left > 0 || head ? begin_of(left) : 0;
        size_t damaged = file.count > whole_end ? file.count - whole_end : 0;
        file_write("damage", first_segment, file.octets, file.count);
        struct spool *spool = open_and_take("damage");
        made_expect(&taken, 0, left);
        assert_int_equal(counter_read(&spool_counts(spool)->damaged_bytes), damaged);
        assert_int_equal(made_complaints(spool, NULL), damaged > 0);
        assert_int_equal(access(made_path("damage", first_segment), F_OK), left > 0 ? 0 : -1);
        spool_close(spool);
    }
    made_delete("damage");
}

static void test_truncated_tails(void **state)
{
    (void)state;
    check_tails(NULL);
}

static void test_filled_tails(void **state)
{
    (void)state;
    static char fill[FILE_MAX];
    memset(fill, 0xa5, sizeof(fill)); // in no place what was there
    check_tails(fill);
}

// Zero octets, as a file system leaves where it had no time to write; some are what was there.
static void test_zero_tails(void **state)
{
    (void)state;
    struct octets whole;
    segment_make(&whole);
    for (size_t cut = 0; cut <= whole.count; cut++) {
        struct octets file = whole;
        memset(file.octets + cut, 0, file.count - cut);
        file_write("damage", first_segment, file.octets, file.count);
        struct spool *spool = open_and_take("damage");
        made_expect(&taken, 0, taken.count);
        assert_true(taken.count == RECORDS || begin_of(taken.count + 1) > cut);
        assert_true(begin_of(taken.count) <= whole.count);
        spool_close(spool);
    }
    made_delete("damage");
}

// A record behind a hole, and a whole file of nothing.
static void test_holes(void **state)
{
    (void)state;
    enum { HOLE = 3 << 20 }; // larger than what is read at once
    struct octets whole;
    segment_make(&whole);
    file_write("damage", first_segment, whole.octets, begin_of(3));
    int fd = open(made_path("damage", first_segment), O_WRONLY);
    size_t rest = whole.count - begin_of(3);
    assert_int_equal(pwrite(fd, whole.octets + begin_of(3), rest, (off_t)begin_of(3) + HOLE), rest);
    close(fd);
    segment_write(first_number + 6, "", 0);
    segment_write(first_number + 8, whole.octets, whole.count);
    struct spool *spool = open_and_take("damage");
    assert_int_equal(taken.count, 2 * RECORDS);
    for (size_t i = 0; i < taken.count; i++) {
        assert_int_equal(taken.numbers[i], i % RECORDS);
        spool_settle(spool, taken.places[i]);
        made_check(spool);
    }
    assert_int_equal(counter_read(&spool_counts(spool)->damaged_bytes), HOLE);
    assert_int_equal(made_complaints(spool, NULL), 1);
    made_append(spool, 0, 1, 100);
    assert_true(spool_newest_segment(spool) > first_number + 8);
    spool_close(spool);
    made_delete("damage");
}

// What is not ours is left alone, and in nobody's way.
static void test_foreign_files(void **state)
{
    (void)state;
    static const char *const names[] = {
        "notes.txt",         "1.spool",          "000000001.spool",   "0000000001.spoo",
        "0000000001.spools", "0000000000.spool", "00000000001.spool", "137438953472.spool",
        "x0000000001.spool"};
    struct octets whole;
    segment_make(&whole);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        file_write("damage", names[i], "something", 9);
    }
    assert_int_equal(mkdir(made_segment("damage", first_number + 1), 0700), 0);
    assert_int_equal(mkfifo(made_segment("damage", first_number + 2), 0600), 0);
    assert_int_equal(symlink("notes.txt", made_segment("damage", first_number + 3)), 0);
    struct spool *spool = open_and_take("damage");
    made_expect(&taken, 0, RECORDS);
    made_append(spool, 0, 1, 100);
    uint64_t newest = spool_newest_segment(spool);
    assert_true(newest > first_number + 3);
    // One that comes while the spool is open.
    for (size_t i = 0; i < taken.count; i++) {
        spool_settle(spool, taken.places[i]);
    }
    made_take(spool, &taken, 1);
    spool_settle(spool, taken.places[0]);
    segment_write(newest + 1, "something", 9);
    made_append(spool, 0, 1, 100);
    assert_int_equal(spool_newest_segment(spool), newest + 2);
    assert_int_equal(made_complaints(spool, NULL), 0);
    spool_close(spool);
    struct octets left;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        file_read("damage", names[i], &left);
        assert_int_equal(left.count, 9);
    }
    assert_int_equal(rmdir(made_segment("damage", first_number + 1)), 0);
    made_delete("damage");
}

static void record_break(uint64_t number, size_t at)
{
    const char broken[] = "broken";
    int fd = open(made_path("damage", first_segment), O_WRONLY);
    off_t offset = (off_t)(begin_of(number) + at);
    assert_int_equal(pwrite(fd, broken, sizeof(broken), offset), sizeof(broken));
    close(fd);
}

// Damage while the spool is open is told apart by mark, and everything else comes.
static void test_damage_while_open(void **state)
{
    (void)state;
    struct spool *spool = segment_begin();
    const struct spool_counts *counts = spool_counts(spool);
    record_break(1, RECORD_HEAD);
    record_break(2, 0);
    record_break(4, RECORD_HEAD - 1);
    made_take(spool, &taken, RECORDS);
    assert_int_equal(taken.count, 3);
    for (size_t i = 0; i < taken.count; i++) {
        static const uint64_t expected[] = {0, 3, 5};
        assert_int_equal(taken.numbers[i], expected[i]);
    }
    assert_int_equal(counter_read(&counts->damaged[0]), 2);
    assert_int_equal(counter_read(&counts->damaged[1]), 1);
    struct error said;
    assert_int_equal(made_complaints(spool, &said), 1);
    assert_non_null(strstr(said.text, "3 of its records"));
    assert_non_null(strstr(said.text, first_segment));
    // One in flight comes back, and is damaged by then.
    record_break(0, RECORD_HEAD + 20);
    spool_return(spool, taken.places[0]);
    spool_settle(spool, taken.places[1]);
    spool_settle(spool, taken.places[2]);
    struct spool_item item;
    assert_int_equal(spool_peek(spool, &item, 1), 0);
    made_check(spool);
    assert_int_equal(counter_read(&counts->damaged[0]), 3);
    assert_int_equal(counter_read(&counts->damaged[SPOOL_FOUND]), 0);
    assert_true(spool_is_empty(spool));
    spool_close(spool);
    made_delete("damage");
}

// Segments that are gone, cut, or emptied while the spool is open.
static void test_files_lost_while_open(void **state)
{
    (void)state;
    enum { ALL = 4000, VALUE = 1000 };
    struct spool *spool = made_open("damage", (struct made_options){.max_bytes = 8 << 20});
    const struct spool_counts *counts = spool_counts(spool);
    made_append(spool, 0, ALL, VALUE);
    assert_true(counter_read(&counts->segments) >= 4);
    uint64_t first = spool_oldest_segment(spool);
    assert_int_equal(truncate(made_segment("damage", first), 500000), 0);
    assert_int_equal(unlink(made_segment("damage", first + 1)), 0);
    assert_int_equal(truncate(made_segment("damage", first + 2), 0), 0);
    made_take(spool, &taken, ALL);
    uint64_t damaged = made_total(counts->damaged);
    assert_int_equal(taken.count + damaged, ALL);
    assert_int_equal(made_complaints(spool, NULL), 3);
    size_t begin = 0; // the first part of the first segment
    while (taken.numbers[begin] == begin) {
        begin++;
    }
    assert_true(begin > 400 && begin < 500);
    for (size_t i = begin; i < taken.count; i++) {
        assert_int_equal(taken.numbers[i], damaged + i);
    }
    for (size_t i = 0; i < taken.count; i++) {
        spool_settle(spool, taken.places[i]);
        made_check(spool);
    }
    assert_true(spool_is_empty(spool));
    spool_close(spool);
    made_delete("damage");
}

// States that come and go on the disk neither bring a record twice nor break the counts.
static void test_states_changed_while_open(void **state)
{
    (void)state;
    struct spool *spool = segment_begin();
    made_take(spool, &taken, 4);
    spool_settle(spool, taken.places[0]);
    spool_settle(spool, taken.places[1]);
    spool_return(spool, taken.places[2]);
    spool_return(spool, taken.places[3]);
    int fd = open(made_path("damage", first_segment), O_WRONLY);
    const char states[] = {0, 0, (char)0xff};
    for (size_t i = 0; i < 3; i++) { // two that are settled wait, one that waits is settled
        assert_int_equal(pwrite(fd, &states[i], 1, (off_t)begin_of(i) + STATE_AT), 1);
    }
    close(fd);
    made_take(spool, &taken, RECORDS);
    assert_int_equal(taken.count, RECORDS - 3);
    assert_int_equal(taken.numbers[0], 3);
    assert_int_equal(made_total(spool_counts(spool)->damaged), 1);
    for (size_t i = 0; i < taken.count; i++) {
        spool_settle(spool, taken.places[i]);
        made_check(spool);
    }
    assert_true(spool_is_empty(spool));
    spool_close(spool);
    made_delete("damage");
}

// A segment that cannot be read when the spool is opened is an error that names it.
static void test_unreadable_segment(void **state)
{
    (void)state;
    enum { NOBODY = 65534 };
    struct octets whole;
    segment_make(&whole);
    bool root = geteuid() == 0;
    assert_int_equal(chmod(made_path("damage", first_segment), 0), 0);
    if (root) {
        assert_int_equal(chmod(made_folder, 0755), 0);
        assert_int_equal(chown(made_path("damage", ""), NOBODY, NOBODY), 0);
        assert_int_equal(chown(made_path("damage", "lock"), NOBODY, NOBODY), 0);
        assert_int_equal(seteuid(NOBODY), 0);
    }
    struct spool_options options = {.directory = made_path("damage", ""),
                                    .max_bytes = SPOOL_BYTES_MIN};
    struct spool *untouched = NULL;
    struct error opened = {0};
    struct error surveyed = {0};
    struct spool_survey survey;
    int open_code = spool_open(&options, &untouched, &opened);
    int survey_code = spool_survey(options.directory, &survey, &surveyed);
    assert_int_equal(seteuid(root ? 0 : geteuid()), 0);
    assert_int_equal(open_code, -EACCES);
    assert_int_equal(survey_code, -EACCES);
    assert_null(untouched);
    assert_non_null(strstr(opened.text, first_segment));
    assert_non_null(strstr(surveyed.text, first_segment));
    made_delete("damage");
}

// A descriptor that cannot be had now: the records wait, and come when it can.
static void test_segment_that_cannot_be_opened(void **state)
{
    (void)state;
    struct octets whole;
    segment_make(&whole);
    struct spool *spool = made_open("damage", (struct made_options){0});
    made_complaints(spool, NULL);
    char segment[MADE_PATH];
    char away[MADE_PATH];
    snprintf(segment, sizeof(segment), "%s", made_path("damage", first_segment));
    snprintf(away, sizeof(away), "%s", made_path("damage", "away"));
    assert_int_equal(rename(segment, away), 0);
    assert_int_equal(symlink("away", segment), 0); // not followed
    struct spool_item item;
    struct error said;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(spool_peek(spool, &item, 1), 0);
        assert_int_equal(made_complaints(spool, &said), i == 0);
    }
    assert_non_null(strstr(said.text, first_segment));
    assert_int_equal(rename(away, segment), 0);
    made_take(spool, &taken, RECORDS + 1);
    made_expect(&taken, 0, RECORDS);
    spool_close(spool);
    made_delete("damage");
}

static void test_settling_that_cannot_be_written(void **state)
{
    (void)state;
    enum { SEGMENTS = 40 }; // more than are kept open
    struct octets whole;
    segment_make(&whole);
    for (uint64_t i = 1; i < SEGMENTS; i++) {
        segment_write(first_number + i, whole.octets, whole.count);
    }
    struct spool *spool = made_open("damage", (struct made_options){0});
    made_take(spool, &taken, SEGMENTS * RECORDS + 1);
    assert_int_equal(taken.count, SEGMENTS * RECORDS);
    // The first segment is closed by now, and cannot be opened.
    char segment[MADE_PATH];
    char away[MADE_PATH];
    snprintf(segment, sizeof(segment), "%s", made_path("damage", first_segment));
    snprintf(away, sizeof(away), "%s", made_path("damage", "away"));
    assert_int_equal(rename(segment, away), 0);
    assert_int_equal(symlink("away", segment), 0);
    struct error said;
    spool_settle(spool, taken.places[1]);
    spool_settle(spool, taken.places[3]);
    assert_int_equal(made_complaints(spool, &said), 1);
    assert_non_null(strstr(said.text, first_segment));
    assert_int_equal(rename(away, segment), 0);
    for (size_t i = 0; i < taken.count; i++) {
        if (i != 1 && i != 3) {
            spool_return(spool, taken.places[i]);
        }
    }
    made_check(spool);
    made_take(spool, &taken, SEGMENTS * RECORDS + 1);
    assert_int_equal(taken.count, SEGMENTS * RECORDS - 2);
    static const uint64_t expected[] = {0, 2, 4, 5, 0, 1};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(taken.numbers[i], expected[i]);
    }
    for (size_t i = taken.count; i-- > 0;) { // backwards: files are opened again and again
        spool_settle(spool, taken.places[i]);
        made_check(spool);
    }
    assert_true(spool_is_empty(spool));
    assert_int_equal(made_complaints(spool, NULL), 0);
    spool_close(spool);
    made_delete("damage");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_flipped_bit),
        cmocka_unit_test(test_flipped_bits_of_settled),
        cmocka_unit_test(test_truncated_tails),
        cmocka_unit_test(test_filled_tails),
        cmocka_unit_test(test_zero_tails),
        cmocka_unit_test(test_holes),
        cmocka_unit_test(test_foreign_files),
        cmocka_unit_test(test_damage_while_open),
        cmocka_unit_test(test_files_lost_while_open),
        cmocka_unit_test(test_states_changed_while_open),
        cmocka_unit_test(test_unreadable_segment),
        cmocka_unit_test(test_segment_that_cannot_be_opened),
        cmocka_unit_test(test_settling_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, made_setup, made_teardown);
}
