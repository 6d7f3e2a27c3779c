// SPDX-License-Identifier: Apache-2.0
// Any octets as a segment: opened, read through, settled in part, returned, opened again. What is
// told of while it is opened, what is read, and what is read again must be the same records, and
// all that was counted must come.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/base/hash.h"
#include "export/spool/spool.h"

enum { ITEMS = 64, RECORDS_MAX = 4096, INPUT_MAX = 1 << 17 };

// Of a record on disk; format.c of the spool describes it.
enum { RECORD_HEAD = 24, CHECKSUM_AT = 8, CHECKED_FROM = 16, KEY_BYTES_AT = 20, ALIGN = 8 };
static const char record_magic[] = "\xff\x52\x57\xfe";

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    size_t count;
    uint64_t digests[RECORDS_MAX]; // one of each record
    spool_place places[RECORDS_MAX];
};

static char directory[64];
static struct seen told, taken;

static void demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "broken: %s\n", what);
        abort();
    }
}

static uint64_t digest_of(const struct spool_record *record)
{
    uint64_t key = hash_checksum(record->key, record->key_bytes);
    uint64_t value = hash_checksum(record->value, record->value_bytes);
    uint64_t all[] = {key, value, record->topic, record->mark};
    return hash_checksum(all, sizeof(all));
}

static void see(struct seen *seen, const struct spool_record *record, spool_place place)
{
    demand(seen->count < RECORDS_MAX, "more records than octets");
    seen->places[seen->count] = place;
    seen->digests[seen->count++] = digest_of(record);
}

static void on_found(void *context, uint64_t segment, const struct spool_record *record)
{
    demand(segment == 1, "a segment that is not there");
    see(context, record, 0);
}

static struct spool *open_told(void)
{
    told.count = 0;
    struct spool_options options = {
        .directory = directory, .max_bytes = SPOOL_BYTES_MIN, .found = on_found, .context = &told};
    struct spool *spool = NULL;
    struct error err;
    demand(spool_open(&options, &spool, &err) == 0, "cannot be opened");
    demand(counter_read(&spool_counts(spool)->held[SPOOL_FOUND]) == told.count, "wrongly counted");
    return spool;
}

// Takes all; it must be every one of what was told of whose index leaves `rest` modulo `step`.
static void take_told(struct spool *spool, size_t step, size_t rest)
{
    struct spool_item items[ITEMS];
    size_t count;
    taken.count = 0;
    while ((count = spool_peek(spool, items, ITEMS)) > 0) {
        for (size_t i = 0; i < count; i++) {
            demand(items[i].found, "is not found");
            see(&taken, &items[i].record, items[i].place);
        }
        spool_take(spool, count);
    }
    demand(taken.count == (told.count + step - 1 - rest) / step, "not all came, or too many");
    for (size_t i = 0; i < taken.count; i++) {
        demand(taken.digests[i] == told.digests[step * i + rest], "not what was told of");
    }
}

static void input_write(const uint8_t *data, size_t size)
{
    char path[sizeof(directory) + 32];
    snprintf(path, sizeof(path), "%s/0000000001.spool", directory);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    demand(fd >= 0 && write(fd, data, size) == (ssize_t)size, "no room for the input");
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > INPUT_MAX || size / RECORD_HEAD >= RECORDS_MAX) {
        return 0;
    }
    if (directory[0] == '\0') {
        const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        snprintf(directory, sizeof(directory), "%s/weir-fuzz-%d", parent, (int)getpid());
    }
    struct spool *spool = open_told();
    spool_close(spool);
    demand(told.count == 0, "the last one left something");
    input_write(data, size);
    spool = open_told();
    demand(counter_read(&spool_counts(spool)->damaged_bytes) <= size, "more damage than octets");
    take_told(spool, 1, 0);
    for (size_t i = 0; i < taken.count; i++) {
        (i % 2 == 0 ? spool_settle : spool_return)(spool, taken.places[i]);
    }
    take_told(spool, 2, 1);
    struct error said;
    size_t complaints = 0;
    while (spool_complaint(spool, &said)) {
        complaints++;
    }
    demand(complaints == (counter_read(&spool_counts(spool)->damaged_bytes) > 0), "said wrongly");
    size_t left = taken.count;
    struct spool_survey survey;
    demand(spool_survey(directory, &survey, NULL) == 0 && survey.open, "cannot be surveyed");
    demand(survey.records == left, "wrongly surveyed");
    spool_close(spool);
    spool = open_told();
    demand(told.count == left, "what is left is not what was not settled");
    take_told(spool, 1, 0);
    for (size_t i = 0; i < taken.count; i++) {
        spool_settle(spool, taken.places[i]);
    }
    demand(spool_is_empty(spool), "something is left");
    spool_close(spool);
    return 0;
}

// Gives everything that looks like a record the checksum of what it holds.
static void checksums_mend(uint8_t *data, size_t size)
{
    for (size_t at = 0; at + RECORD_HEAD <= size; at += ALIGN) {
        uint32_t value_bytes;
        uint16_t key_bytes;
        memcpy(&value_bytes, data + at + CHECKED_FROM, sizeof(value_bytes));
        memcpy(&key_bytes, data + at + KEY_BYTES_AT, sizeof(key_bytes));
        size_t bytes = RECORD_HEAD + (size_t)key_bytes + value_bytes;
        if (memcmp(data + at, record_magic, 4) == 0 && bytes <= size - at) {
            uint64_t checksum = hash_checksum(data + at + CHECKED_FROM, bytes - CHECKED_FROM);
            memcpy(data + at + CHECKSUM_AT, &checksum, sizeof(checksum));
        }
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    size = LLVMFuzzerMutate(data, size, max_size);
    if (seed % 4 != 0) {
        checksums_mend(data, size);
    }
    return size;
}
