// SPDX-License-Identifier: Apache-2.0
// Windows, answers of queries and anomalies, kept on disk across runs: a SQLite database, written
// by a thread of its own (`weir-history`). The agent thread leaves records in a bounded queue and
// never waits for the disk: what finds no room there is dropped and counted.
//
// The oldest written are erased when they are older than max_age_us, or when database, write-ahead
// log and its index would take more than max_bytes. A database that is damaged is set aside
// (renamed to FILE.corrupt-TIME; the newest HISTORY_ASIDE_MAX are kept), and a fresh one begun.
// What was written before the process was killed is there afterwards; what was told in the last
// second or two may not be.
#ifndef WEIR_HISTORY_HISTORY_H
#define WEIR_HISTORY_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/error.h"
#include "dataplane/base/notices.h"
#include "export/record/record.h"

// Each has its records' time, by which they are found: the start of a window, the end of an answer
// and of what an anomaly tells of. And their name: none, the query, the detector.
enum history_kind { HISTORY_WINDOWS, HISTORY_ANSWERS, HISTORY_ANOMALIES, HISTORY_KIND_COUNT };
extern const char *const history_kind_names[HISTORY_KIND_COUNT]; // "windows" and so on

enum { HISTORY_BYTES_LEAST = 16 * 1024 * 1024, HISTORY_ASIDE_MAX = 3 };

struct history_options {
    const char *path;   // its directory is there; copied
    int64_t max_age_us; // since it was written
    int64_t max_bytes;  // at least HISTORY_BYTES_LEAST
};

struct history;

// Opens nothing yet. 0 or a negative errno with a message; *history is untouched then.
int history_create(struct history **history, const struct history_options *options,
                   struct error *err);

// Opens the database, made where there is none, and starts the thread. Once, by the user whom the
// file is to belong to. Blocks on the disk. 0, -EBUSY (another process has it open), -ENOTSUP (a
// newer weir's), -EINVAL (something else's database) or another negative errno, with a message.
int history_start(struct history *history, struct error *err);

// Writes what waits, ends the thread, closes the database. May be NULL.
void history_free(struct history *history);

// Agent thread, never waits for the disk: a record that has just been made, of any type; those of
// flows are not kept. Nothing before history_start. `json` is the record's text (json_text.h), NULL
// where there was no memory for it; copied.
void history_tell(struct history *history, const struct record *record, const char *json,
                  size_t bytes);

// Any thread, never waits for the disk. What somebody said of an anomaly of this run, as JSON:
// everything that is read of the anomaly from then on has it as its member `acknowledged`. NULL
// takes it back. 0; -EAGAIN (not started), -EBUSY (the disk does not keep up) or -ENOMEM with a
// message.
int history_acknowledge(struct history *history, uint64_t anomaly, const char *json, size_t bytes,
                        struct error *err);

// Any thread. Waits until all that was told before is written or dropped, at most `us`: for tests
// and the end of a replay. 0 or -ETIMEDOUT.
int history_flush(struct history *history, int64_t us);

enum history_notice { HISTORY_INFO, HISTORY_ERROR };

// Any thread: takes the next line for the log; its kind is one of the above. False: none.
bool history_notice(struct history *history, struct notice *notice);

enum history_drop {
    // What was said of anomalies counts as a record where it is lost.
    HISTORY_QUEUE_FULL,   // the disk did not keep up
    HISTORY_WRITE_FAILED, // the disk is full or broken, see the log
    HISTORY_NO_MEMORY,
    HISTORY_DROP_COUNT,
};
extern const char *const history_drop_names[HISTORY_DROP_COUNT];

struct history_statistics {
    uint64_t written; // records of this run
    uint64_t dropped[HISTORY_DROP_COUNT];
    uint64_t erased;    // for age, for room or on demand
    uint64_t set_aside; // databases that were damaged
    uint64_t bytes;     // on disk, as of a second ago
};

// Any thread.
void history_statistics(const struct history *history, struct history_statistics *statistics);

// Where a record stands among those of its kind: by time, then in the order they were written.
struct history_place {
    int64_t time_us;
    int64_t id; // from 1 on
};

enum history_order { HISTORY_NEWEST_FIRST, HISTORY_OLDEST_FIRST };

struct history_span {
    enum history_kind kind;
    enum history_order order;
    int64_t from_us;           // inclusive
    int64_t to_us;             // exclusive
    const char *name;          // NULL: whatever it is
    int64_t every_us;          // of each stretch of so long only the last; 0: all
    struct history_place last; // goes on behind it, in that order; id 0: from the span's end
};

// Stretches begin at multiples of every_us since the epoch; a record that is written into one whose
// last was given already is not given.

// A record as JSON on one line, without an id; an anomaly's that somebody acknowledged says so. The
// text is gone when the taker returns. False: no more.
typedef bool history_taker(void *context, const struct history_place *place, const char *text,
                           size_t bytes);

// Any thread, one at a time; reads the disk, and waits for nothing else. Gives `take` the records
// of the span in its order until it has had enough. 0, -EAGAIN (not started, or the database is
// being made anew), or another negative errno with a message.
int history_read(struct history *history, const struct history_span *span, history_taker *take,
                 void *context, struct error *err);

// Any thread, never waits for the disk. Records of every kind that were told before, with a time
// from from_us to before to_us, are no longer read from now on, and erased from the disk within
// moments. 0; -EAGAIN (not started) or -EBUSY (too many at a time) with a message.
int history_delete(struct history *history, int64_t from_us, int64_t to_us, struct error *err);

#endif
