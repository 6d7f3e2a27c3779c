// SPDX-License-Identifier: Apache-2.0
// Records that wait on disk until somebody takes them: a queue in segment files of one directory.
//
// Records are appended to the newest segment and read from the oldest, in order. What has been read
// is in flight until it is settled (gone, its octet on disk says so) or returned (to be read
// again). A segment whose records are all settled is deleted. What a process leaves behind, the
// next one that opens the directory finds.
//
// All calls are of one thread but for the counters, which any thread may read. None waits for the
// disk's platter: a thread of the spool's own syncs what was written, every `sync_us`. A process
// that dies loses nothing that was appended and flushed; a machine that dies loses at most what was
// appended since the last sync.
#ifndef WEIR_SPOOL_SPOOL_H
#define WEIR_SPOOL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/counter.h"
#include "dataplane/base/error.h"

enum {
    SPOOL_BYTES_MIN = 1 << 20,           // of max_bytes
    SPOOL_RECORD_MAX = (1 << 20) + 4096, // octets of a record's key and value
    SPOOL_KEY_MAX = 1024,
};

// The octet of a record that is the caller's own, told back when it is read.
enum { SPOOL_MARKS = 2 };

struct spool_record {
    const char *key;
    const char *value;
    uint32_t value_bytes;
    uint16_t key_bytes;
    uint8_t topic; // the caller's, as `mark`
    uint8_t mark;  // below SPOOL_MARKS
};

// What happens to a record for which there is no room.
enum spool_full {
    SPOOL_DROP_OLDEST,   // the oldest segment is given up, but for its records in flight
    SPOOL_REFUSE_NEWEST, // spool_append says -ENOSPC
};

struct spool_options {
    const char *directory; // made where it is missing, as are its parents; mode 0700
    uint64_t max_bytes;    // of all segments together
    enum spool_full full;
    int64_t sync_us; // at most this long after spool_flush it is on the disk; 0: spool_flush waits

    // Or NULL: told within spool_open of each record that is found, oldest first. The pointers hold
    // for the call.
    void (*found)(void *context, uint64_t segment, const struct spool_record *record);
    void *context;
};

// Names a record on disk: below 2^62, and 0 is none.
typedef uint64_t spool_place;

struct spool_item {
    spool_place place;
    bool found; // it was there when the spool was opened
    struct spool_record record;
};

// Records, by where they are from: [0] and [1] were appended by this process, with that mark;
// SPOOL_FOUND were there when the spool was opened. Of each row
//   appended (found) = settled + overflowed + damaged + those still there
// and those still there are `held`.
enum { SPOOL_FOUND = SPOOL_MARKS, SPOOL_ORIGINS };

struct spool_counts {
    counter appended[SPOOL_ORIGINS];
    counter settled[SPOOL_ORIGINS];
    counter overflowed[SPOOL_ORIGINS]; // given up with their segment to make room
    counter damaged[SPOOL_ORIGINS];    // unreadable when they were to be read
    counter held[SPOOL_ORIGINS];
    counter bytes;         // of all segments
    counter oldest_us;     // since the epoch, when the oldest segment was begun; 0: there is none
    counter segments;      // files
    counter damaged_bytes; // octets that were no whole record when the spool was opened
};

struct spool;

// Opens the directory, checks every record in it and counts what it finds. 0, or a negative errno
// and a message that names the path: -EBUSY where another process has it open, -EINVAL for options
// that cannot be. Blocks for as long as it takes to read what is there.
int spool_open(const struct spool_options *options, struct spool **spool, struct error *err);

// Flushes, syncs, and closes; what is held stays on disk, what is in flight counts as held. May be
// NULL. Blocks.
void spool_close(struct spool *spool);

// Appends one record, whose octets are copied. It can be read, and survives the process, from the
// next spool_flush on at the latest. 0; -ENOSPC where there is no room for it (SPOOL_REFUSE_NEWEST,
// or all there is is in flight); -EMSGSIZE where it is larger than a record or the spool may be; or
// what the system said, with nothing appended.
int spool_append(struct spool *spool, const struct spool_record *record);

// The last acts of a process, in this order, once each; nothing is read after the first. For the
// next one that opens the directory, what is appended between the two comes before all that was
// appended earlier, and what is appended after the second behind it. For records that were on their
// way elsewhere while later ones were appended. What there is no room for in front is refused,
// whatever the options say.
void spool_append_in_front(struct spool *spool);
void spool_append_behind(struct spool *spool);

// Whether a record of so many octets, key and value, can be appended without giving anything up.
bool spool_has_room(const struct spool *spool, size_t bytes);

// Writes out what has been appended. 0, or a negative errno: then the newest *lost records are
// taken back and no longer counted as appended; those before them are written. `lost` is 0 on
// success.
int spool_flush(struct spool *spool, size_t *lost);

// Up to `max` records that are neither settled nor in flight, from the oldest on; they stay as they
// are, and the pointers hold until the next spool_peek. Fewer than there are when a segment or the
// buffer ends. 0: nothing to read at present.
size_t spool_peek(struct spool *spool, struct spool_item *items, size_t max);

// The first `count` of the records last peeked at are in flight now. Between spool_peek and this
// nothing may be appended; records in flight may be settled and returned.
void spool_take(struct spool *spool, size_t count);

// The last `count` of the records taken by the last spool_take, none of them settled or returned
// since, are in flight no more and are what is peeked at next.
void spool_untake(struct spool *spool, size_t count);

// A record in flight is done with, and gone.
void spool_settle(struct spool *spool, spool_place place);

// A record in flight comes back. Nothing can be peeked at until all that is in flight is settled or
// returned; then reading begins again with the oldest record that is there.
void spool_return(struct spool *spool, spool_place place);

// Records that are there, those in flight among them.
uint64_t spool_held(const struct spool *spool);

// Records taken and neither settled nor returned.
uint64_t spool_in_flight(const struct spool *spool);

// Whether nothing is held and nothing in flight.
bool spool_is_empty(const struct spool *spool);

// The numbers of the oldest and of the newest segment that holds anything; while nothing is held,
// of the one that holds what is appended next. They count up from 1, or from the highest that the
// directory holds when it is opened. Right after an append the newest is that record's; it is gone
// from the spool when the oldest is a higher one.
uint64_t spool_oldest_segment(const struct spool *spool);
uint64_t spool_newest_segment(const struct spool *spool);

const struct spool_counts *spool_counts(const struct spool *spool);

// Any thread. Takes the oldest message about something that went wrong (a segment that was damaged,
// a disk that cannot be synced); false where there is none.
bool spool_complaint(struct spool *spool, struct error *message);

// What is in a directory, for a person; also while another process has it open, with figures a
// moment old then.
struct spool_survey {
    uint64_t segments;
    uint64_t bytes;
    uint64_t records; // whole and not settled
    uint64_t damaged_bytes;
    int64_t oldest_us; // since the epoch, when the oldest segment was begun; 0: there is none
    bool open;         // by another process
};

// 0, or a negative errno and a message: -ENOENT where there is no such directory. Reads all of it.
int spool_survey(const char *directory, struct spool_survey *survey, struct error *err);

#endif
