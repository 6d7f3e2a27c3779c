// SPDX-License-Identifier: Apache-2.0
#include "export/spool/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BUFFER_BYTES = (1 << 20) + FORMAT_RECORD_MAX, // so that any record lies in it as a whole
    PAGE = 4096,                                  // what is read at once where larger reads fail
};

int walk_init(struct walk *walk)
{
    *walk = (struct walk){.buffer = malloc(BUFFER_BYTES)};
    return walk->buffer != NULL ? 0 : -ENOMEM;
}

void walk_fini(struct walk *walk)
{
    free(walk->buffer);
}

void walk_begin(struct walk *walk, uint64_t end)
{
    *walk = (struct walk){.buffer = walk->buffer, .end = end};
}

static void walk_damage(struct walk *walk)
{
    uint64_t step = walk->end - walk->at < FORMAT_ALIGN ? walk->end - walk->at : FORMAT_ALIGN;
    if (walk->damaged_bytes == 0) {
        walk->damaged_at = walk->at;
    }
    walk->damaged_bytes += step;
    walk->at += step;
}

// Takes the segment's head for what it is, or for damage.
static enum format_verdict walk_head(struct walk *walk, const char *octets, size_t available)
{
    enum format_verdict verdict = format_segment_check(octets, available, &walk->created_us);
    if (verdict == FORMAT_WHOLE) {
        walk->at = walk->whole_end = FORMAT_SEGMENT_HEAD;
    }
    return verdict;
}

enum walk_step walk_next(struct walk *walk, uint64_t *offset, struct format_record *found)
{
    while (walk->at < walk->end) {
        uint64_t buffer_end = walk->buffer_at + walk->buffer_bytes;
        size_t available = 0;
        const char *octets = walk->buffer;
        if (walk->at >= walk->buffer_at && walk->at < buffer_end) {
            available = buffer_end - walk->at;
            octets += walk->at - walk->buffer_at;
        }
        if (walk->at == 0 && walk_head(walk, octets, available) == FORMAT_WHOLE) {
            continue;
        }
        enum format_verdict verdict = format_record_check(octets, available, found);
        if (verdict == FORMAT_WHOLE) {
            *offset = walk->at;
            walk->at += found->bytes;
            walk->whole_end = walk->at;
            return WALK_RECORD;
        }
        if (verdict == FORMAT_CUT && (buffer_end < walk->end || available == 0)) {
            return WALK_FILL;
        }
        walk_damage(walk);
    }
    return WALK_END;
}

// Makes the buffer one of `at`; returns how much of it is to be read.
static size_t walk_turn(struct walk *walk)
{
    uint64_t left = walk->end - walk->at;
    walk->buffer_at = walk->at;
    walk->buffer_bytes = 0;
    return left < BUFFER_BYTES ? left : BUFFER_BYTES;
}

// Reads all of [from, to) of the buffer, with zero for what lies behind the file's end.
static int walk_read(struct walk *walk, int fd, size_t from, size_t to)
{
    while (from < to) {
        ssize_t got = pread(fd, walk->buffer + from, to - from, (off_t)(walk->buffer_at + from));
        if (got < 0 && errno != EINTR) {
            return -errno;
        }
        if (got == 0) {
            memset(walk->buffer + from, 0, to - from);
            return 0;
        }
        from += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

int walk_fill(struct walk *walk, int fd)
{
    size_t wanted = walk_turn(walk);
    int code = walk_read(walk, fd, 0, wanted);
    walk->buffer_bytes = code == 0 ? wanted : 0;
    return code;
}

void walk_salvage(struct walk *walk, int fd)
{
    size_t wanted = walk_turn(walk);
    for (size_t from = 0; from < wanted; from += PAGE) {
        size_t to = from + PAGE < wanted ? from + PAGE : wanted;
        if (walk_read(walk, fd, from, to) != 0) {
            memset(walk->buffer + from, 0, to - from);
        }
    }
    walk->buffer_bytes = wanted;
}
