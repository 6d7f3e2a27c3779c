// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/export/spool_made.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATHS = 16 };

#define NEVER_US INT64_C(3600000000)

char made_folder[] = "/tmp/weir-spool-XXXXXX";

int made_setup(void **state)
{
    (void)state;
    return mkdtemp(made_folder) == NULL;
}

int made_teardown(void **state)
{
    (void)state;
    return rmdir(made_folder);
}

const char *made_path(const char *directory, const char *name)
{
    static char paths[PATHS][MADE_PATH];
    static unsigned turn;
    char *path = paths[turn++ % PATHS];
    snprintf(path, MADE_PATH, "%s/%s%s%s", made_folder, directory, *name != '\0' ? "/" : "", name);
    return path;
}

const char *made_segment(const char *directory, uint64_t number)
{
    char name[32];
    snprintf(name, sizeof(name), "%010" PRIu64 ".spool", number);
    return made_path(directory, name);
}

void made_delete(const char *directory)
{
    DIR *stream = opendir(made_path(directory, ""));
    struct dirent *entry;
    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        unlinkat(dirfd(stream), entry->d_name, 0);
    }
    if (stream != NULL) {
        closedir(stream);
    }
    rmdir(made_path(directory, ""));
}

struct spool *made_open(const char *directory, struct made_options options)
{
    struct spool_options given = {
        .directory = made_path(directory, ""),
        .max_bytes = options.max_bytes > 0 ? options.max_bytes : 1 << 30,
        .full = options.full,
        .sync_us = options.sync_us > 0 ? options.sync_us : NEVER_US,
    };
    struct spool *spool = NULL;
    struct error err = {0};
    if (spool_open(&given, &spool, &err) != 0) {
        fail_msg("%s", err.text);
    }
    made_check(spool);
    return spool;
}

uint64_t made_total(const counter counts[SPOOL_ORIGINS])
{
    uint64_t total = 0;
    for (size_t origin = 0; origin < SPOOL_ORIGINS; origin++) {
        total += counter_read(&counts[origin]);
    }
    return total;
}

void made_check(const struct spool *spool)
{
    const struct spool_counts *counts = spool_counts(spool);
    for (size_t origin = 0; origin < SPOOL_ORIGINS; origin++) {
        assert_int_equal(
            counter_read(&counts->appended[origin]),
            counter_read(&counts->settled[origin]) + counter_read(&counts->overflowed[origin]) +
                counter_read(&counts->damaged[origin]) + counter_read(&counts->held[origin]));
    }
    assert_true(made_total(counts->held) >= spool_in_flight(spool));
    assert_int_equal(spool_is_empty(spool), made_total(counts->held) == 0);
    assert_true(spool_oldest_segment(spool) <= spool_newest_segment(spool));
    if (spool_is_empty(spool)) {
        assert_int_equal(counter_read(&counts->segments), 0);
        assert_int_equal(counter_read(&counts->bytes), 0);
    }
}

// Octet `i` of the number's key or value.
static char made_octet(uint64_t number, size_t i)
{
    return (char)(number * 31 + i * 7 + i / 256);
}

// Keys of all sizes, now and then none.
static uint16_t key_bytes_of(uint64_t number)
{
    return (uint16_t)(number % 7 == 0 ? 0 : number * 13 % 61 + 1);
}

struct spool_record made_record(uint64_t number, uint32_t value_bytes)
{
    static char value[MADE_VALUE_MAX];
    static char key[64];
    memcpy(value, &number, sizeof(number));
    for (size_t i = sizeof(number); i < value_bytes; i++) {
        value[i] = made_octet(number, i);
    }
    for (size_t i = 0; i < key_bytes_of(number); i++) {
        key[i] = made_octet(number, i + 1);
    }
    return (struct spool_record){
        .key = key,
        .value = value,
        .value_bytes = value_bytes,
        .key_bytes = key_bytes_of(number),
        .topic = (uint8_t)(number % 251),
        .mark = number % SPOOL_MARKS,
    };
}

void made_append(struct spool *spool, uint64_t first, size_t count, uint32_t value_bytes)
{
    for (size_t i = 0; i < count; i++) {
        struct spool_record record = made_record(first + i, value_bytes);
        assert_int_equal(spool_append(spool, &record), 0);
    }
    size_t lost;
    assert_int_equal(spool_flush(spool, &lost), 0);
    assert_int_equal(lost, 0);
    made_check(spool);
}

uint64_t made_number(const struct spool_record *record)
{
    uint64_t number;
    assert_true(record->value_bytes >= sizeof(number));
    memcpy(&number, record->value, sizeof(number));
    struct spool_record expected = made_record(number, record->value_bytes);
    assert_int_equal(record->key_bytes, expected.key_bytes);
    assert_memory_equal(record->key, expected.key, expected.key_bytes);
    assert_memory_equal(record->value, expected.value, expected.value_bytes);
    assert_int_equal(record->topic, expected.topic);
    assert_int_equal(record->mark, expected.mark);
    return number;
}

void made_take(struct spool *spool, struct made_taken *taken, size_t max)
{
    static struct spool_item items[MADE_ITEMS];
    taken->count = 0;
    while (taken->count < max) {
        size_t wanted = max - taken->count < MADE_ITEMS ? max - taken->count : MADE_ITEMS;
        size_t count = spool_peek(spool, items, wanted);
        if (count == 0) {
            break;
        }
        for (size_t i = 0; i < count; i++) {
            taken->places[taken->count] = items[i].place;
            taken->numbers[taken->count++] = made_number(&items[i].record);
        }
        spool_take(spool, count);
        made_check(spool);
    }
}

void made_expect(const struct made_taken *taken, uint64_t first, size_t count)
{
    assert_int_equal(taken->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(taken->numbers[i], first + i);
    }
}

size_t made_complaints(struct spool *spool, struct error *first)
{
    size_t count = 0;
    struct error message;
    while (spool_complaint(spool, &message)) {
        if (count++ == 0 && first != NULL) {
            *first = message;
        }
    }
    return count;
}
