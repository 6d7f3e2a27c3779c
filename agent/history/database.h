// SPDX-License-Identifier: Apache-2.0
// The database: its schema and all that is said to it in SQL. Every function blocks on the disk and
// returns 0 or a negative errno with a message: -EBADMSG where the file is damaged, -ENOSPC where
// there is no room for it. One connection is for one thread at a time.
#ifndef WEIR_HISTORY_DATABASE_H
#define WEIR_HISTORY_DATABASE_H

#include "agent/history/history.h"
#include "agent/history/queue.h"

enum { DATABASE_STATEMENTS = 24 };

struct sqlite3;
struct sqlite3_stmt;

// Zeroed: closed.
struct database {
    struct sqlite3 *sqlite;
    struct sqlite3_stmt *statements[DATABASE_STATEMENTS];
    int64_t run; // numbers of anomalies begin anew with each; of one that is open to be written
};

// Opens it to be written, made or brought to this version's schema where need be. Besides: -ENOTSUP
// (a newer weir's), -EINVAL (something else's).
int database_open(struct database *database, const char *path, struct error *err);

// The same to be read alone.
int database_open_to_read(struct database *database, const char *path, struct error *err);

void database_close(struct database *database);

// Looks at every page; ends early where `stop` says so.
int database_check(struct database *database, int (*stop)(void *context), void *context,
                   struct error *err);

int database_begin(struct database *database, struct error *err);
int database_commit(struct database *database, struct error *err);
void database_rollback(struct database *database);

int database_add(struct database *database, const struct item *item, int64_t written_us,
                 struct error *err);

// Keeps what was said of an anomaly of this run in place of what was said before; an item without a
// text takes it back.
int database_acknowledge(struct database *database, const struct item *item, struct error *err);

struct database_size {
    int64_t used; // octets, without free pages
    int64_t free; // in free pages
};

int database_size(struct database *database, struct database_size *size, struct error *err);

// When the record was written that was written first; INT64_MAX: there is none.
int database_oldest(struct database *database, int64_t *written_us, struct error *err);

// Erases a number of those that were written first, if they were written before `written_us`;
// *erased says how many.
int database_erase_oldest(struct database *database, int64_t written_us, uint64_t *erased,
                          struct error *err);

// Erases some of a span, of those written up to `last_id`; *erased is 0 when none is left.
int database_erase_span(struct database *database, int64_t from_us, int64_t to_us, int64_t last_id,
                        uint64_t *erased, struct error *err);

// The highest id that was given.
int database_last_id(struct database *database, int64_t *id, struct error *err);

// Gives some of the free pages back to the file system.
int database_shrink(struct database *database, struct error *err);

// Moves what is in the write-ahead log into the database and empties it.
int database_checkpoint(struct database *database, struct error *err);

// As history_read, but for records that `hidden` says are gone.
struct database_hidden {
    bool (*hidden)(const void *context, const struct history_place *place);
    const void *context;
};
int database_read(struct database *database, const struct history_span *span,
                  const struct database_hidden *hidden, history_taker *take, void *context,
                  struct error *err);

#endif
