// SPDX-License-Identifier: Apache-2.0
// What the files of the database share: its statements, prepared when they are first needed, and
// what went wrong with one. For the files of this room only.
#ifndef WEIR_HISTORY_DATABASE_SQL_H
#define WEIR_HISTORY_DATABASE_SQL_H

#include "agent/history/database.h"

enum statement {
    BEGIN,
    COMMIT,
    ADD,
    ACKNOWLEDGE,
    TAKE_BACK,
    RUN,
    PAGES,
    FREE_PAGES,
    PAGE_BYTES,
    OLDEST,
    ERASE_OLDEST,
    ERASE_SPAN,
    LAST_ID,
    WALK, // with the next three: of all names or one, newest or oldest first
    WALK_OLDEST,
    WALK_NAME,
    WALK_NAME_OLDEST,
    FETCH,
    STATEMENT_COUNT,
};
static_assert((int)STATEMENT_COUNT <= (int)DATABASE_STATEMENTS, "each has its place");

// NULL, and *status is SQLite's, where it cannot be had. Who binds and steps it also resets it.
struct sqlite3_stmt *database_prepared(struct database *database, enum statement which,
                                       int *status);

// Runs one statement with numbers for its parameters; *result, which may be NULL, is the first
// column of its first row and stays as it was where there is none.
int database_run(struct database *database, enum statement which, const int64_t *values, int count,
                 int64_t *result, struct error *err);

// Statements without parameters and results, parted by semicolons.
int database_script(struct database *database, const char *script, struct error *err);

// The errno of one of SQLite's statuses, with a message.
int database_trouble(const struct database *database, int status, struct error *err);

#endif
