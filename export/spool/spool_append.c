// SPDX-License-Identifier: Apache-2.0
// Appending. Records gather in the appender's buffer, which belongs to one segment, the active one;
// they count as appended and held from the moment that they lie there, and in the segment's octets.
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "export/spool/parts.h"

static_assert((int)APPENDER_BYTES >= (int)FORMAT_RECORD_MAX, "any record fits");

// How many of the buffer's first octets are whole records when only `written` octets are.
static size_t whole_bytes(const struct appender *appender, size_t written)
{
    size_t whole = 0;
    uint8_t mark;
    while (whole < written) {
        size_t bytes = format_record_skip(appender->buffer + whole, &mark);
        if (whole + bytes > written) {
            break;
        }
        whole += bytes;
    }
    return whole;
}

// Writes the buffer out, as far as the disk takes whole records; the rest stays in the buffer. 0 or
// a negative errno.
static int buffer_write(struct spool *spool)
{
    struct appender *appender = &spool->appender;
    struct segment *active = appender->active;
    size_t done = 0;
    int code = 0;
    while (done < appender->used && code == 0) {
        ssize_t written = pwrite(active->fd, appender->buffer + done, appender->used - done,
                                 (off_t)(active->written + done));
        if (written > 0) {
            done += (size_t)written;
        } else if (written == 0 || errno != EINTR) {
            code = written == 0 ? -EIO : -errno;
        }
    }
    size_t whole = code == 0 ? done : whole_bytes(appender, done);
    active->written += whole;
    appender->used -= whole;
    if (code != 0) {
        memmove(appender->buffer, appender->buffer + whole, appender->used);
        int cut = ftruncate(active->fd, (off_t)active->written);
        (void)cut; // half a record that stays is overwritten, or stepped over when it is read
    }
    if (whole > 0) {
        sync_written(&spool->sync, active->number);
    }
    return code;
}

// What the buffer holds was never appended. Returns how many records that is.
static size_t buffer_take_back(struct spool *spool)
{
    struct appender *appender = &spool->appender;
    struct segment *active = appender->active;
    size_t lost = 0;
    for (size_t at = 0; at < appender->used; lost++) {
        uint8_t mark;
        at += format_record_skip(appender->buffer + at, &mark);
        active->held[mark]--;
        counter_add(&spool->counts.appended[mark], -UINT64_C(1));
        counter_add(&spool->counts.held[mark], -UINT64_C(1));
    }
    active->bytes -= appender->used;
    counter_add(&spool->counts.bytes, -(uint64_t)appender->used);
    appender->used = 0;
    spool_tidy(spool, active);
    return lost;
}

// Makes a segment the active one. 0 or a negative errno.
static int segment_begin(struct spool *spool)
{
    struct appender *appender = &spool->appender;
    int code;
    do { // past what has the name and is no segment
        if (appender->next_number > SEGMENT_NUMBER_MAX ||
            (appender->in_front &&
             appender->next_number >= appender->first_number + FRONT_NUMBERS)) {
            return -EOVERFLOW;
        }
        code = segments_create(&spool->segments, appender->next_number, &appender->active);
        appender->next_number += code == 0 || code == -EEXIST;
    } while (code == -EEXIST);
    if (code == 0) {
        spool->segments.pinned = appender->active;
        counter_add(&spool->counts.segments, 1);
        spool_date(spool);
        counter_add(&spool->counts.bytes, FORMAT_SEGMENT_HEAD);
        sync_created(&spool->sync, appender->active->number);
    }
    return code;
}

// Nothing more is appended to the active segment. 0 or a negative errno: then it stays active.
static int segment_finish(struct spool *spool)
{
    struct segment *active = spool->appender.active;
    int code = buffer_write(spool);
    if (code != 0) {
        return code;
    }
    spool->appender.active = NULL;
    spool->segments.pinned = NULL;
    segments_close(&spool->segments, active); // until it is read
    spool_tidy(spool, active);
    return 0;
}

// Whether so many octets need a new segment.
static bool is_turn(const struct spool *spool, size_t bytes)
{
    const struct segment *active = spool->appender.active;
    return active == NULL ||
           (active->bytes > FORMAT_SEGMENT_HEAD && active->bytes + bytes > spool->segment_bytes);
}

// Gives up the oldest segment. False where all that is held is in flight: to forget on disk what
// may yet come back would make room for nothing but another loss. And where what is to be appended
// is the oldest itself.
static bool drop_oldest(struct spool *spool)
{
    if (spool->appender.in_front || spool_held(spool) == spool->in_flight) {
        return false;
    }
    struct segment *oldest = spool->segments.list[0];
    for (uint8_t mark = 0; mark < SPOOL_MARKS; mark++) {
        uint32_t dropped = oldest->held[mark] - oldest->in_flight[mark];
        spool_release(spool, spool->counts.overflowed, oldest->number, mark, dropped);
    }
    spool_remove(spool, oldest);
    return true;
}

static bool is_room(const struct spool *spool, size_t bytes)
{
    size_t wanted = bytes + (is_turn(spool, bytes) ? FORMAT_SEGMENT_HEAD : 0);
    return counter_read(&spool->counts.bytes) + wanted <= spool->max_bytes;
}

void spool_append_in_front(struct spool *spool)
{
    struct appender *appender = &spool->appender;
    if (!appender->in_front && (appender->active == NULL || segment_finish(spool) == 0)) {
        appender->in_front = true;
        appender->behind_number = appender->next_number;
        appender->next_number = appender->first_number;
    }
}

void spool_append_behind(struct spool *spool)
{
    struct appender *appender = &spool->appender;
    if (appender->in_front && (appender->active == NULL || segment_finish(spool) == 0)) {
        appender->in_front = false;
        appender->next_number = appender->behind_number;
    }
}

bool spool_has_room(const struct spool *spool, size_t bytes)
{
    return is_room(spool, format_record_bytes(bytes));
}

// 0, or -ENOSPC where there cannot be room for so many octets.
static int room_make(struct spool *spool, size_t bytes)
{
    while (!is_room(spool, bytes)) {
        if (spool->full == SPOOL_REFUSE_NEWEST || !drop_oldest(spool)) {
            return -ENOSPC;
        }
    }
    return 0;
}

// Makes the active segment and its buffer take so many octets. 0 or a negative errno.
static int appender_ready(struct spool *spool, size_t bytes)
{
    struct appender *appender = &spool->appender;
    if (is_turn(spool, bytes)) {
        int code = appender->active != NULL ? segment_finish(spool) : 0;
        return code == 0 ? segment_begin(spool) : code;
    }
    return appender->used + bytes > APPENDER_BYTES ? buffer_write(spool) : 0;
}

int spool_append(struct spool *spool, const struct spool_record *record)
{
    size_t bytes = format_record_bytes((size_t)record->key_bytes + record->value_bytes);
    assert(record->mark < SPOOL_MARKS);
    if (record->key_bytes > SPOOL_KEY_MAX || bytes > FORMAT_RECORD_MAX ||
        bytes + FORMAT_SEGMENT_HEAD > spool->max_bytes) {
        return -EMSGSIZE;
    }
    int code = room_make(spool, bytes);
    if (code == 0) {
        code = appender_ready(spool, bytes);
    }
    if (code != 0) {
        return code;
    }
    struct appender *appender = &spool->appender;
    format_record_write(appender->buffer + appender->used, record);
    appender->used += bytes;
    appender->active->bytes += bytes;
    appender->active->held[record->mark]++;
    counter_add(&spool->counts.bytes, bytes);
    counter_add(&spool->counts.appended[record->mark], 1);
    counter_add(&spool->counts.held[record->mark], 1);
    return 0;
}

int spool_flush(struct spool *spool, size_t *lost)
{
    *lost = 0;
    int code = spool->appender.used > 0 ? buffer_write(spool) : 0;
    if (code != 0) {
        *lost = buffer_take_back(spool);
    }
    if (!spool->sync.running) {
        sync_now(&spool->sync);
    }
    return code;
}
