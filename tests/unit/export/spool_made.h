// SPDX-License-Identifier: Apache-2.0
// Spools in a folder of their own, records that tell their number, and checks that every test
// makes.
#ifndef WEIR_TESTS_SPOOL_MADE_H
#define WEIR_TESTS_SPOOL_MADE_H

#include "export/spool/spool.h"

enum { MADE_VALUE_MAX = 2 << 20, MADE_PATH = 256, MADE_ITEMS = 512 };

// Makes the folder `made_folder` of this test program, or deletes it with all that is in it.
extern char made_folder[];
int made_setup(void **state);
int made_teardown(void **state);

// The path of a spool's directory or of a file in it, in one of 16 buffers that take turns.
const char *made_path(const char *directory, const char *name);

// The path of a segment's file, likewise.
const char *made_segment(const char *directory, uint64_t number);

// Deletes a spool's directory and what is in it.
void made_delete(const char *directory);

struct made_options {
    uint64_t max_bytes; // 0: 1 GiB
    enum spool_full full;
    int64_t sync_us; // 0: never within a test
};

// Opens it; fails the test where that is refused.
struct spool *made_open(const char *directory, struct made_options options);

// Fails the test where the equation of spool.h does not hold.
void made_check(const struct spool *spool);

// The number's record, with `value_bytes` octets of value, at least 8. What it points to holds
// until the next one is made.
struct spool_record made_record(uint64_t number, uint32_t value_bytes);

// Appends the records with the numbers from `first` on, with marks in turn; then flushes.
void made_append(struct spool *spool, uint64_t first, size_t count, uint32_t value_bytes);

// The number of the record; fails the test unless it is that record in all its octets.
uint64_t made_number(const struct spool_record *record);

// What was taken, oldest first.
struct made_taken {
    size_t count;
    spool_place places[1 << 16];
    uint64_t numbers[1 << 16];
};

// Peeks and takes all that can be had, up to `max`.
void made_take(struct spool *spool, struct made_taken *taken, size_t max);

// Fails the test unless they are these, in order.
void made_expect(const struct made_taken *taken, uint64_t first, size_t count);

// How many complaints wait; the first is copied to `first` if there is one.
size_t made_complaints(struct spool *spool, struct error *first);

uint64_t made_total(const counter counts[SPOOL_ORIGINS]);

#endif
