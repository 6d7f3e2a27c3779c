// SPDX-License-Identifier: Apache-2.0
// Reading. The reader goes through the segments in order and hands out what is waiting. At the end
// of a segment all that was held there has been handed out, so that what is then still held and not
// in flight has become unreadable since it was counted: damage is found by what is missing, and its
// mark needs no trust. On the way, no more is handed out of a mark than is held of it, whatever the
// file says.
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "export/spool/parts.h"

static void reader_turn(struct reader *reader, uint64_t number)
{
    reader->number = number;
    reader->at = 0;
    reader->walking = false;
    reader->peeked_count = 0;
}

// Back to the oldest record that came back: what is before it is settled, or known to be damaged.
static void reader_rewind(struct spool *spool)
{
    struct reader *reader = &spool->reader;
    reader->returning = false;
    if (reader->back_number == 0) {
        return; // only what is gone came back
    }
    reader_turn(reader, reader->back_number);
    reader->at = reader->back_at;
    reader->back_number = 0;
    for (size_t i = 0; i < spool->segments.count; i++) {
        if (spool->segments.list[i] != spool->appender.active) {
            segments_close(&spool->segments, spool->segments.list[i]);
        }
    }
}

// The segment to read from, open; NULL where there is none, or none that can be opened at present.
static struct segment *reader_segment(struct spool *spool)
{
    struct reader *reader = &spool->reader;
    struct segment *segment = segments_from(&spool->segments, reader->number);
    if (segment == NULL) {
        return NULL;
    }
    if (segment->number != reader->number) {
        reader_turn(reader, segment->number);
    }
    int code = segments_open(&spool->segments, segment, NULL);
    if (code != 0 && code != -ENOENT) {
        if (!reader->failing) {
            spool_say(spool, "cannot open '%s': %s; its records wait until it can be opened",
                      segment_name(segment->number).text, strerror(-code));
        }
        reader->failing = true;
        return NULL;
    }
    reader->failing = false;
    if (!reader->walking) {
        walk_begin(&reader->walk, segment->written);
        reader->walking = true;
    }
    reader->walk.end = segment->written;
    return segment;
}

// Hands out what the segment has, up to `max`.
static size_t segment_peek(struct spool *spool, struct segment *segment, struct spool_item *items,
                           size_t max)
{
    struct reader *reader = &spool->reader;
    struct walk *walk = &reader->walk;
    uint32_t unread[SPOOL_MARKS];
    for (size_t mark = 0; mark < SPOOL_MARKS; mark++) {
        unread[mark] = segment->held[mark] - segment->in_flight[mark];
    }
    size_t count = 0;
    walk->at = reader->at;
    while (count < max) {
        struct format_record found;
        uint64_t offset;
        enum walk_step step = walk_next(walk, &offset, &found);
        if (step == WALK_END || (step == WALK_FILL && count > 0)) {
            break;
        }
        if (step == WALK_FILL) {
            if (walk_fill(walk, segment->fd) != 0) {
                walk_salvage(walk, segment->fd);
            }
            continue;
        }
        uint8_t mark = found.record.mark;
        if (found.settled || unread[mark] == 0 || segment_is_settled(segment, offset)) {
            continue;
        }
        unread[mark]--;
        reader->peeked[count] = (struct peeked){offset, walk->at, mark};
        items[count++] = (struct spool_item){
            .place = place_make(segment->number, mark, offset),
            .found = segment->number < spool->appender.first_number,
            .record = found.record,
        };
    }
    if (count == 0) {
        reader->at = walk->at;
    }
    return count;
}

// Counts what should have been there. `segment` may be gone afterwards.
static void segment_judge(struct spool *spool, struct segment *segment)
{
    uint32_t missing = 0;
    for (uint8_t mark = 0; mark < SPOOL_MARKS; mark++) {
        uint32_t unread = segment->held[mark] - segment->in_flight[mark];
        spool_release(spool, spool->counts.damaged, segment->number, mark, unread);
        segment->held[mark] -= unread;
        missing += unread;
    }
    if (missing > 0) {
        spool_say(spool, "'%s' is damaged: %" PRIu32 " of its records cannot be read",
                  segment_name(segment->number).text, missing);
    }
    spool_tidy(spool, segment);
}

// The reader has come to the segment's end. Whether it may go on with the next one.
static bool segment_leave(struct spool *spool, struct segment *segment)
{
    bool active = segment == spool->appender.active;
    if (active && spool->appender.used > 0) {
        return false; // more is held than is written
    }
    if (!active) {
        spool->reader.number = segment->number + 1;
        spool->reader.at = 0;
        spool->reader.walking = false;
    }
    segment_judge(spool, segment);
    return !active;
}

size_t spool_peek(struct spool *spool, struct spool_item *items, size_t max)
{
    struct reader *reader = &spool->reader;
    reader->peeked_count = reader->taken_count = 0;
    if (reader->returning && spool->in_flight > 0) {
        return 0;
    }
    if (reader->returning) {
        reader_rewind(spool);
    }
    if (max > SPOOL_PEEK_MAX) {
        max = SPOOL_PEEK_MAX;
    }
    struct segment *segment;
    while (max > 0 && (segment = reader_segment(spool)) != NULL) {
        reader->peeked_count = segment_peek(spool, segment, items, max);
        if (reader->peeked_count > 0 || !segment_leave(spool, segment)) {
            break;
        }
    }
    return reader->peeked_count;
}

void spool_take(struct spool *spool, size_t count)
{
    struct reader *reader = &spool->reader;
    assert(count <= reader->peeked_count);
    struct segment *segment = segments_find(&spool->segments, reader->number);
    if (count == 0 || segment == NULL) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        segment->in_flight[reader->peeked[i].mark]++;
    }
    spool->in_flight += count;
    reader->at = reader->peeked[count - 1].end;
    reader->peeked_count = 0;
    reader->taken_count = count;
}

void spool_untake(struct spool *spool, size_t count)
{
    struct reader *reader = &spool->reader;
    assert(count <= reader->taken_count && count <= spool->in_flight);
    struct segment *segment = segments_find(&spool->segments, reader->number);
    for (; count > 0; count--) {
        const struct peeked *last = &reader->peeked[--reader->taken_count];
        spool->in_flight--;
        if (segment != NULL) {
            segment->in_flight[last->mark]--;
            reader->at = last->at;
        } else {
            spool_release(spool, spool->counts.overflowed, reader->number, last->mark, 1);
        }
    }
}

// It is in flight no more. Returns its segment, or NULL where that has been given up.
static struct segment *place_land(struct spool *spool, spool_place place)
{
    struct segment *segment = segments_find(&spool->segments, place_number(place));
    assert(spool->in_flight > 0);
    spool->in_flight--;
    if (segment != NULL) {
        assert(segment->in_flight[place_mark(place)] > 0);
        segment->in_flight[place_mark(place)]--;
    }
    return segment;
}

static void settle_on_disk(struct spool *spool, struct segment *segment, spool_place place)
{
    struct segment *read = segments_find(&spool->segments, spool->reader.number);
    int code = segments_settle(&spool->segments, segment, place_offset(place), read);
    if (code != 0 && !spool->settling_fails) {
        spool_say(spool,
                  "cannot write to '%s': %s; records that are done with are found again after a "
                  "restart",
                  segment_name(segment->number).text, strerror(-code));
    }
    spool->settling_fails = code != 0;
}

void spool_settle(struct spool *spool, spool_place place)
{
    struct segment *segment = place_land(spool, place);
    uint8_t mark = place_mark(place);
    spool_release(spool, spool->counts.settled, place_number(place), mark, 1);
    if (segment != NULL) {
        settle_on_disk(spool, segment, place);
        segment->held[mark]--;
        spool_tidy(spool, segment);
    }
}

void spool_return(struct spool *spool, spool_place place)
{
    struct reader *reader = &spool->reader;
    uint64_t number = place_number(place);
    uint64_t at = place_offset(place);
    reader->returning = true;
    if (place_land(spool, place) == NULL) {
        spool_release(spool, spool->counts.overflowed, number, place_mark(place), 1);
    } else if (reader->back_number == 0 || number < reader->back_number ||
               (number == reader->back_number && at < reader->back_at)) {
        reader->back_number = number;
        reader->back_at = at;
    }
}
