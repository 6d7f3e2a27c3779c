// SPDX-License-Identifier: Apache-2.0
#include "export/spool/segment.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/base/clock.h"

enum {
    SEGMENTS_OPEN_MAX = 16, // descriptors; beyond them one is closed for each that is opened
    PLACE_OFFSET_BITS = 24, // of the offset in units of FORMAT_ALIGN
    PLACE_MARK_BITS = 1,
    // Two records never begin within so few octets.
    SETTLED_UNIT = 16,
};

static_assert((uint64_t)FORMAT_SEGMENT_MAX / FORMAT_ALIGN == 1 << PLACE_OFFSET_BITS, "all offsets");
static_assert(SPOOL_MARKS == 1 << PLACE_MARK_BITS, "all marks");
static_assert(SEGMENT_NUMBER_MAX >> (62 - PLACE_OFFSET_BITS - PLACE_MARK_BITS) == 0, "all numbers");
static_assert((int)SETTLED_UNIT <= (int)FORMAT_RECORD_HEAD, "one bit for each record");

spool_place place_make(uint64_t number, uint8_t mark, uint64_t offset)
{
    return (number << PLACE_MARK_BITS | mark) << PLACE_OFFSET_BITS | offset / FORMAT_ALIGN;
}

uint64_t place_number(spool_place place)
{
    return place >> (PLACE_OFFSET_BITS + PLACE_MARK_BITS);
}

uint8_t place_mark(spool_place place)
{
    return (place >> PLACE_OFFSET_BITS) % SPOOL_MARKS;
}

uint64_t place_offset(spool_place place)
{
    return (place & ((UINT64_C(1) << PLACE_OFFSET_BITS) - 1)) * FORMAT_ALIGN;
}

uint32_t segment_held(const struct segment *segment)
{
    return segment->held[0] + segment->held[1];
}

uint32_t segment_in_flight(const struct segment *segment)
{
    return segment->in_flight[0] + segment->in_flight[1];
}

// The index of the first whose number is not below `number`.
static size_t index_from(const struct segments *segments, uint64_t number)
{
    size_t low = 0;
    size_t high = segments->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (segments->list[middle]->number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct segment *segments_add(struct segments *segments, uint64_t number)
{
    if (segments->count == segments->capacity) {
        size_t more = segments->capacity > 0 ? 2 * segments->capacity : 16;
        struct segment **list = realloc(segments->list, more * sizeof(struct segment *));
        if (list == NULL) {
            return NULL;
        }
        segments->list = list;
        segments->capacity = more;
    }
    struct segment *segment = calloc(1, sizeof(*segment));
    if (segment != NULL) {
        segment->number = number;
        segment->fd = -1;
        size_t index = index_from(segments, number);
        memmove(&segments->list[index + 1], &segments->list[index],
                (segments->count - index) * sizeof(struct segment *));
        segments->list[index] = segment;
        segments->count++;
    }
    return segment;
}

struct segment *segments_from(const struct segments *segments, uint64_t number)
{
    size_t index = index_from(segments, number);
    return index < segments->count ? segments->list[index] : NULL;
}

struct segment *segments_find(const struct segments *segments, uint64_t number)
{
    struct segment *segment = segments_from(segments, number);
    return segment != NULL && segment->number == number ? segment : NULL;
}

// Makes a file with a segment's head. Returns its descriptor or a negative errno.
static int file_create(int directory, const char *name, int64_t created_us)
{
    int fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return -errno;
    }
    char head[FORMAT_SEGMENT_HEAD];
    format_segment_write(head, created_us);
    ssize_t written = pwrite(fd, head, sizeof(head), 0);
    if (written == sizeof(head)) {
        return fd;
    }
    int code = written < 0 ? -errno : -ENOSPC;
    close(fd);
    unlinkat(directory, name, 0);
    return code;
}

int segments_create(struct segments *segments, uint64_t number, struct segment **segment)
{
    int64_t created_us = clock_wall_us();
    int fd = file_create(segments->directory, segment_name(number).text, created_us);
    if (fd < 0) {
        return fd;
    }
    struct segment *made = segments_add(segments, number);
    if (made == NULL) {
        close(fd);
        unlinkat(segments->directory, segment_name(number).text, 0);
        return -ENOMEM;
    }
    made->fd = fd;
    made->created_us = created_us;
    made->bytes = made->written = FORMAT_SEGMENT_HEAD;
    segments->open++;
    *segment = made;
    return 0;
}

// Closes one file other than the pinned segment's and that of `keep`.
static void close_one(struct segments *segments, const struct segment *keep)
{
    for (size_t i = 0; i < segments->count; i++) {
        const struct segment *segment = segments->list[i];
        if (segment->fd >= 0 && segment != keep && segment != segments->pinned) {
            segments_close(segments, segments->list[i]);
            return;
        }
    }
}

int segments_open(struct segments *segments, struct segment *segment, const struct segment *keep)
{
    if (segment->fd >= 0) {
        return 0;
    }
    if (segments->open >= SEGMENTS_OPEN_MAX) {
        close_one(segments, keep);
    }
    segment->fd = openat(segments->directory, segment_name(segment->number).text,
                         O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (segment->fd < 0) {
        return -errno;
    }
    segments->open++;
    return 0;
}

void segments_close(struct segments *segments, struct segment *segment)
{
    if (segment->fd >= 0) {
        close(segment->fd);
        segment->fd = -1;
        segments->open--;
    }
}

static void segment_free(struct segments *segments, struct segment *segment)
{
    segments_close(segments, segment);
    free(segment->settled);
    free(segment);
}

int segments_remove(struct segments *segments, struct segment *segment)
{
    size_t index = index_from(segments, segment->number);
    int gone = unlinkat(segments->directory, segment_name(segment->number).text, 0);
    int code = gone == 0 || errno == ENOENT ? 0 : -errno;
    segment_free(segments, segment);
    segments->count--;
    memmove(&segments->list[index], &segments->list[index + 1],
            (segments->count - index) * sizeof(struct segment *));
    return code;
}

void segments_fini(struct segments *segments)
{
    for (size_t i = 0; i < segments->count; i++) {
        segment_free(segments, segments->list[i]);
    }
    free(segments->list);
    segments->list = NULL;
    segments->count = segments->capacity = 0;
}

static void settle_in_memory(struct segment *segment, uint64_t offset)
{
    if (segment->settled == NULL) {
        segment->settled = calloc(1, FORMAT_SEGMENT_MAX / SETTLED_UNIT / 8);
    }
    if (segment->settled != NULL) { // else it may be read again
        segment->settled[offset / SETTLED_UNIT / 8] |= 1u << (offset / SETTLED_UNIT % 8);
    }
}

bool segment_is_settled(const struct segment *segment, uint64_t offset)
{
    return segment->settled != NULL &&
           (segment->settled[offset / SETTLED_UNIT / 8] >> (offset / SETTLED_UNIT % 8) & 1) != 0;
}

int segments_settle(struct segments *segments, struct segment *segment, uint64_t offset,
                    const struct segment *keep)
{
    static const uint8_t state = FORMAT_SETTLED;
    int code = segments_open(segments, segment, keep);
    if (code == 0 && pwrite(segment->fd, &state, 1, (off_t)(offset + FORMAT_STATE_AT)) != 1) {
        code = -errno;
    }
    if (code != 0) {
        settle_in_memory(segment, offset);
    }
    return code;
}
