// SPDX-License-Identifier: Apache-2.0
#include "agent/history/database_sql.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>

#define WALK_FROM                                                                                  \
    "SELECT time_us, id FROM records WHERE kind = ?1 AND time_us >= ?2 AND time_us < ?3"
#define WALK_DOWN " AND (time_us, id) < (?4, ?5) ORDER BY time_us DESC, id DESC"
#define WALK_UP   " AND (time_us, id) > (?4, ?5) ORDER BY time_us, id"

static const char *const statements[STATEMENT_COUNT] = {
    [BEGIN] = "BEGIN",
    [COMMIT] = "COMMIT",
    [ADD] = "INSERT INTO records (kind, time_us, written_us, episode, name, record)"
            " VALUES (?1, ?2, ?3, nullif(?4, 0), ?5, ?6)",
    [ACKNOWLEDGE] = "INSERT OR REPLACE INTO acknowledgements (episode, acknowledged)"
                    " VALUES (?1, ?2)",
    [TAKE_BACK] = "DELETE FROM acknowledgements WHERE episode = ?1",
    [RUN] = "SELECT 1 + (max(coalesce((SELECT max(episode) FROM records"
            " WHERE episode IS NOT NULL), 0), coalesce((SELECT max(episode) FROM"
            " acknowledgements), 0)) >> 32)",
    [PAGES] = "PRAGMA page_count",
    [FREE_PAGES] = "PRAGMA freelist_count",
    [PAGE_BYTES] = "PRAGMA page_size",
    [OLDEST] = "SELECT written_us FROM records ORDER BY id LIMIT 1",
    // The bound on ids keeps it from looking further than it may erase.
    [ERASE_OLDEST] = "DELETE FROM records WHERE id IN (SELECT id FROM records ORDER BY id LIMIT ?2)"
                     " AND written_us < ?1",
    [ERASE_SPAN] = "DELETE FROM records WHERE id IN (SELECT id FROM records WHERE"
                   " kind = ?1 AND time_us >= ?2 AND time_us < ?3 AND id <= ?4 LIMIT ?5)",
    [LAST_ID] = "SELECT coalesce(max(id), 0) FROM records",
    [WALK] = WALK_FROM WALK_DOWN,
    [WALK_OLDEST] = WALK_FROM WALK_UP,
    [WALK_NAME] = WALK_FROM " AND name = ?6" WALK_DOWN,
    [WALK_NAME_OLDEST] = WALK_FROM " AND name = ?6" WALK_UP,
    [FETCH] = "SELECT iif(acknowledged IS NULL, record, substr(record, 1, length(record) - 1)"
              " || ',\"acknowledged\":' || acknowledged || '}')"
              " FROM records LEFT JOIN acknowledgements USING (episode) WHERE id = ?1",
};

static int errno_of(int status)
{
    switch (status & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EBADMSG;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        return -EACCES;
    default:
        return -EIO;
    }
}

int database_trouble(const struct database *database, int status, struct error *err)
{
    int why = database->sqlite != NULL ? sqlite3_system_errno(database->sqlite) : 0;
    bool system =
        why != 0 && ((status & 0xff) == SQLITE_IOERR || (status & 0xff) == SQLITE_CANTOPEN);
    const char *text =
        database->sqlite != NULL ? sqlite3_errmsg(database->sqlite) : sqlite3_errstr(status);
    return error_set(err, errno_of(status), "%s%s%s", text, system ? ": " : "",
                     system ? strerror(why) : "");
}

int database_script(struct database *database, const char *script, struct error *err)
{
    int status = sqlite3_exec(database->sqlite, script, NULL, NULL, NULL);
    return status == SQLITE_OK ? 0 : database_trouble(database, status, err);
}

struct sqlite3_stmt *database_prepared(struct database *database, enum statement which, int *status)
{
    struct sqlite3_stmt **statement = &database->statements[which];
    *status = *statement != NULL ? SQLITE_OK
                                 : sqlite3_prepare_v3(database->sqlite, statements[which], -1,
                                                      SQLITE_PREPARE_PERSISTENT, statement, NULL);
    return *statement;
}

int database_run(struct database *database, enum statement which, const int64_t *values, int count,
                 int64_t *result, struct error *err)
{
    int status;
    struct sqlite3_stmt *statement = database_prepared(database, which, &status);
    for (int i = 0; i < count && status == SQLITE_OK; i++) {
        status = sqlite3_bind_int64(statement, i + 1, values[i]);
    }
    if (status == SQLITE_OK) {
        status = sqlite3_step(statement);
    }
    if (status == SQLITE_ROW && result != NULL) {
        *result = sqlite3_column_int64(statement, 0);
    }
    int code =
        status == SQLITE_ROW || status == SQLITE_DONE ? 0 : database_trouble(database, status, err);
    sqlite3_reset(statement);
    return code;
}
