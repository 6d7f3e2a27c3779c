// SPDX-License-Identifier: Apache-2.0
// What an open spool is made of, for the files of this room only. All but `notices`, `sync` and the
// counters is of the caller's thread.
#ifndef WEIR_SPOOL_PARTS_H
#define WEIR_SPOOL_PARTS_H

#include "dataplane/base/notices.h"
#include "export/spool/segment.h"
#include "export/spool/spool.h"
#include "export/spool/sync.h"
#include "export/spool/walk.h"

enum {
    SPOOL_PEEK_MAX = 4096,    // records peeked at in one call
    APPENDER_BYTES = 2 << 20, // gathered at most before they are written
    FRONT_NUMBERS = 32,       // set aside before a process' first segment, to append in front
};

// What is appended and not yet written, all of it for the segment `active`.
struct appender {
    struct segment *active; // NULL: the next append begins one
    char *buffer;
    size_t used;
    uint64_t next_number;   // of the segment that is begun next
    uint64_t first_number;  // of this process; what is in those before it was found
    bool in_front;          // the numbers set aside for it are in use
    uint64_t behind_number; // next_number, when they no longer are
};

struct peeked {
    uint64_t at; // where the record is in the file
    uint64_t end;
    uint8_t mark;
};

// Where reading is. Items peeked at lie in the buffer of `walk`.
struct reader {
    uint64_t number; // of the segment, or, if that is gone, the next one is read from its beginning
    uint64_t at;     // the next octet to be taken
    struct walk walk;
    bool walking;         // `walk` is in the segment `number`
    bool returning;       // something came back: go back when nothing is in flight
    uint64_t back_number; // the segment of the oldest record that did; 0: none that is still there
    uint64_t back_at;     // where it is in the file
    bool failing;         // the segment could not be opened
    size_t peeked_count;
    size_t taken_count; // of those peeked at, from the first on
    struct peeked peeked[SPOOL_PEEK_MAX];
};

struct spool {
    char *directory;
    uint64_t max_bytes;
    uint64_t segment_bytes;
    enum spool_full full;
    int directory_fd;
    int lock_fd;
    uint64_t in_flight;
    bool settling_fails; // as far as was said
    struct segments segments;
    struct appender appender;
    struct reader reader;
    struct sync sync;
    struct notices notices;
    struct spool_counts counts;
};

// Adds up over all origins.
uint64_t spool_total(const counter counts[SPOOL_ORIGINS]);

// Where the records of a segment are from, by their mark.
size_t spool_origin(const struct spool *spool, uint64_t number, uint8_t mark);

// `count` records are held no more, and counted in `as` (one of the counts' rows) instead.
void spool_release(struct spool *spool, counter as[SPOOL_ORIGINS], uint64_t number, uint8_t mark,
                   uint64_t count);

// Counts since when the oldest segment is there: to be called when one has come or gone.
void spool_date(struct spool *spool);

// Deletes a segment and its file. Whatever it holds is the caller's to count.
void spool_remove(struct spool *spool, struct segment *segment);

// Deletes the segment if nothing of it is held and nothing more is appended to it; and the active
// one when the spool is empty.
void spool_tidy(struct spool *spool, struct segment *segment);

// Says something.
void spool_say(struct spool *spool, const char *format, ...) __attribute__((format(printf, 2, 3)));

// What is told of each record that is whole and not settled.
struct spool_told {
    void (*found)(void *context, uint64_t segment, const struct spool_record *record); // or NULL
    void *context;
    uint64_t segment;
    uint32_t held[SPOOL_MARKS];
};

// Walks over a segment's file from the beginning to its end. 0 or a negative errno.
int spool_scan_file(struct walk *walk, int fd, struct spool_told *told);

// Counts what the directory holds, and deletes segments that hold nothing. 0, or a negative errno
// and a message.
int spool_scan(struct spool *spool, const struct spool_options *options, struct error *err);

#endif
