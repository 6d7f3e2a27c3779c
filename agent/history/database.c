// SPDX-License-Identifier: Apache-2.0
#include "agent/history/database.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    APPLICATION = 0x57656972, // "Weir", as the file names what made it
    VERSION = 2,              // of the schema
    FILE_MODE = 0640,
    BUSY_MS = 2000, // somebody looks at it with another program
    ERASE_ROWS = 500,
    RUN_SHIFT = 32, // an episode is a run and, below, an anomaly's number in it
    SHRINK_PAGES = 256,
};

// A WAL that had to grow is cut when it is begun anew.
static const char set_up[] = "PRAGMA auto_vacuum = INCREMENTAL;"
                             "PRAGMA journal_mode = WAL;"
                             "PRAGMA synchronous = NORMAL;"
                             "PRAGMA temp_store = MEMORY;"
                             "PRAGMA journal_size_limit = 4194304;";

// Step n leads from version n to n + 1. AUTOINCREMENT: a place that a client holds never becomes
// another record's.
static const char *const migrations[VERSION] = {
    "CREATE TABLE records (id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL,"
    " time_us INTEGER NOT NULL, written_us INTEGER NOT NULL, name TEXT NOT NULL,"
    " record TEXT NOT NULL);"
    "CREATE INDEX records_by_time ON records (kind, time_us);"
    "CREATE INDEX records_by_name ON records (kind, name, time_us);"
    "PRAGMA application_id = 1466263922;",
    // Each anomaly of each run is an episode, to which its records belong, and what was said of it
    // goes with the last of them. None of an earlier layout can be acknowledged any more.
    "ALTER TABLE records ADD COLUMN episode INTEGER;"
    "CREATE INDEX records_by_episode ON records (episode) WHERE episode IS NOT NULL;"
    "CREATE TABLE acknowledgements (episode INTEGER PRIMARY KEY, acknowledged TEXT NOT NULL);"
    "CREATE TRIGGER acknowledgement_goes AFTER DELETE ON records WHEN old.episode IS NOT NULL BEGIN"
    " DELETE FROM acknowledgements WHERE episode = old.episode AND NOT EXISTS"
    " (SELECT 1 FROM records WHERE episode = old.episode); END;",
};
static_assert(APPLICATION == 1466263922, "as the pragma has it");

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

static int trouble(const struct database *database, int status, struct error *err)
{
    int why = database->sqlite != NULL ? sqlite3_system_errno(database->sqlite) : 0;
    bool system =
        why != 0 && ((status & 0xff) == SQLITE_IOERR || (status & 0xff) == SQLITE_CANTOPEN);
    const char *text =
        database->sqlite != NULL ? sqlite3_errmsg(database->sqlite) : sqlite3_errstr(status);
    return error_set(err, errno_of(status), "%s%s%s", text, system ? ": " : "",
                     system ? strerror(why) : "");
}

static int script_run(struct database *database, const char *script, struct error *err)
{
    int status = sqlite3_exec(database->sqlite, script, NULL, NULL, NULL);
    return status == SQLITE_OK ? 0 : trouble(database, status, err);
}

static struct sqlite3_stmt *prepared(struct database *database, enum statement which, int *status)
{
    struct sqlite3_stmt **statement = &database->statements[which];
    *status = *statement != NULL ? SQLITE_OK
                                 : sqlite3_prepare_v3(database->sqlite, statements[which], -1,
                                                      SQLITE_PREPARE_PERSISTENT, statement, NULL);
    return *statement;
}

// Runs one statement with numbers for its parameters; *result, which may be NULL, is the first
// column of its first row and stays as it was where there is none.
static int run(struct database *database, enum statement which, const int64_t *values, int count,
               int64_t *result, struct error *err)
{
    int status;
    struct sqlite3_stmt *statement = prepared(database, which, &status);
    for (int i = 0; i < count && status == SQLITE_OK; i++) {
        status = sqlite3_bind_int64(statement, i + 1, values[i]);
    }
    if (status == SQLITE_OK) {
        status = sqlite3_step(statement);
    }
    if (status == SQLITE_ROW && result != NULL) {
        *result = sqlite3_column_int64(statement, 0);
    }
    int code = status == SQLITE_ROW || status == SQLITE_DONE ? 0 : trouble(database, status, err);
    sqlite3_reset(statement);
    return code;
}

static int number_ask(struct database *database, const char *question, int64_t *number,
                      struct error *err)
{
    struct sqlite3_stmt *statement = NULL;
    int status = sqlite3_prepare_v2(database->sqlite, question, -1, &statement, NULL);
    if (status == SQLITE_OK) {
        status = sqlite3_step(statement);
    }
    if (status == SQLITE_ROW) {
        *number = sqlite3_column_int64(statement, 0);
    }
    int code = status == SQLITE_ROW ? 0 : trouble(database, status, err);
    sqlite3_finalize(statement);
    return code;
}

static int migrate(struct database *database, int64_t version, struct error *err)
{
    int code = 0;
    for (int64_t at = version; at < VERSION && code == 0; at++) {
        char done[64];
        snprintf(done, sizeof(done), "PRAGMA user_version = %d; COMMIT", (int)at + 1);
        code = script_run(database, "BEGIN IMMEDIATE", err);
        if (code == 0) {
            code = script_run(database, migrations[at], err);
        }
        if (code == 0) {
            code = script_run(database, done, err);
        }
    }
    return code;
}

static int schema_set_up(struct database *database, struct error *err)
{
    int64_t application = 0, version = 0, tables = 0;
    int code = number_ask(database, "PRAGMA application_id", &application, err);
    if (code == 0) {
        code = number_ask(database, "PRAGMA user_version", &version, err);
    }
    if (code == 0) {
        code = number_ask(database, "SELECT count(*) FROM sqlite_schema", &tables, err);
    }
    if (code != 0) {
        return code;
    }
    if (application != APPLICATION && tables > 0) {
        return error_set(err, -EINVAL, "it is a database of something else");
    }
    if (version > VERSION) {
        return error_set(err, -ENOTSUP, "it was written by a newer weir");
    }
    code = script_run(database, set_up, err);
    return code == 0 ? migrate(database, version, err) : code;
}

// SQLite would let everybody read it. The log and its index take over the mode.
static int file_make(const char *path, struct error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (fd < 0) {
        return error_set(err, -errno, "%s", strerror(errno));
    }
    close(fd);
    return 0;
}

static int connect_to(struct database *database, const char *path, int flags, struct error *err)
{
    *database = (struct database){0};
    int status = sqlite3_open_v2(path, &database->sqlite, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (status != SQLITE_OK) {
        return trouble(database, status, err);
    }
    sqlite3_extended_result_codes(database->sqlite, 1);
    sqlite3_busy_timeout(database->sqlite, BUSY_MS);
    return 0;
}

int database_open(struct database *database, const char *path, struct error *err)
{
    int code = file_make(path, err);
    if (code == 0) {
        code = connect_to(database, path, SQLITE_OPEN_READWRITE, err);
    }
    if (code == 0) {
        code = schema_set_up(database, err);
    }
    if (code == 0) {
        code = run(database, RUN, NULL, 0, &database->run, err);
    }
    if (code != 0) {
        database_close(database);
    }
    return code;
}

int database_open_to_read(struct database *database, const char *path, struct error *err)
{
    int code = connect_to(database, path, SQLITE_OPEN_READONLY, err);
    if (code != 0) {
        database_close(database);
    }
    return code;
}

void database_close(struct database *database)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        sqlite3_finalize(database->statements[i]);
    }
    sqlite3_close(database->sqlite);
    *database = (struct database){0};
}

int database_check(struct database *database, int (*stop)(void *context), void *context,
                   struct error *err)
{
    enum { STEPS = 10000 }; // of SQLite's machine, between looks at `stop`
    sqlite3_progress_handler(database->sqlite, STEPS, stop, context);
    struct sqlite3_stmt *statement = NULL;
    int status =
        sqlite3_prepare_v2(database->sqlite, "PRAGMA quick_check(1)", -1, &statement, NULL);
    if (status == SQLITE_OK) {
        status = sqlite3_step(statement);
    }
    const char *found = status == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : "";
    int code = 0;
    if (status == SQLITE_ROW && strcmp(found, "ok") != 0) {
        code = error_set(err, -EBADMSG, "%.200s", found);
    } else if (status != SQLITE_ROW && status != SQLITE_INTERRUPT) {
        code = trouble(database, status, err);
    }
    sqlite3_finalize(statement);
    sqlite3_progress_handler(database->sqlite, 0, NULL, NULL);
    return code;
}

int database_begin(struct database *database, struct error *err)
{
    return run(database, BEGIN, NULL, 0, NULL, err);
}

int database_commit(struct database *database, struct error *err)
{
    return run(database, COMMIT, NULL, 0, NULL, err);
}

// Some errors have ended it already.
void database_rollback(struct database *database)
{
    if (!sqlite3_get_autocommit(database->sqlite)) {
        (void)sqlite3_exec(database->sqlite, "ROLLBACK", NULL, NULL, NULL);
    }
}

// 0: the record is no anomaly's.
static int64_t episode_of(const struct database *database, const struct item *item)
{
    return item->anomaly != 0 ? (database->run << RUN_SHIFT) + (int64_t)item->anomaly : 0;
}

int database_add(struct database *database, const struct item *item, int64_t written_us,
                 struct error *err)
{
    int status;
    struct sqlite3_stmt *statement = prepared(database, ADD, &status);
    if (status == SQLITE_OK) {
        sqlite3_bind_text(statement, 5, item->name, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 6, item->text, (int)item->bytes, SQLITE_STATIC);
    }
    const int64_t values[] = {item->kind, item->time_us, written_us, episode_of(database, item)};
    int code = status == SQLITE_OK ? run(database, ADD, values, 4, NULL, err)
                                   : trouble(database, status, err);
    sqlite3_clear_bindings(statement);
    return code;
}

int database_acknowledge(struct database *database, const struct item *item, struct error *err)
{
    const int64_t episode = episode_of(database, item);
    int status;
    if (item->bytes == 0) {
        return run(database, TAKE_BACK, &episode, 1, NULL, err);
    }
    struct sqlite3_stmt *statement = prepared(database, ACKNOWLEDGE, &status);
    if (status == SQLITE_OK) {
        sqlite3_bind_text(statement, 2, item->text, (int)item->bytes, SQLITE_STATIC);
    }
    int code = status == SQLITE_OK ? run(database, ACKNOWLEDGE, &episode, 1, NULL, err)
                                   : trouble(database, status, err);
    sqlite3_clear_bindings(statement);
    return code;
}

int database_size(struct database *database, struct database_size *size, struct error *err)
{
    int64_t pages = 0, unused = 0, bytes = 0;
    int code = run(database, PAGES, NULL, 0, &pages, err);
    if (code == 0) {
        code = run(database, FREE_PAGES, NULL, 0, &unused, err);
    }
    if (code == 0) {
        code = run(database, PAGE_BYTES, NULL, 0, &bytes, err);
    }
    *size = (struct database_size){(pages - unused) * bytes, unused * bytes};
    return code;
}

int database_oldest(struct database *database, int64_t *written_us, struct error *err)
{
    *written_us = INT64_MAX;
    return run(database, OLDEST, NULL, 0, written_us, err);
}

int database_erase_oldest(struct database *database, int64_t written_us, uint64_t *erased,
                          struct error *err)
{
    const int64_t values[] = {written_us, ERASE_ROWS};
    int code = run(database, ERASE_OLDEST, values, 2, NULL, err);
    *erased = code == 0 ? (uint64_t)sqlite3_changes64(database->sqlite) : 0;
    return code;
}

int database_erase_span(struct database *database, int64_t from_us, int64_t to_us, int64_t last_id,
                        uint64_t *erased, struct error *err)
{
    int code = 0;
    *erased = 0;
    for (int kind = 0; kind < HISTORY_KIND_COUNT && *erased == 0 && code == 0; kind++) {
        const int64_t values[] = {kind, from_us, to_us, last_id, ERASE_ROWS};
        code = run(database, ERASE_SPAN, values, 5, NULL, err);
        *erased = code == 0 ? (uint64_t)sqlite3_changes64(database->sqlite) : 0;
    }
    return code;
}

int database_last_id(struct database *database, int64_t *id, struct error *err)
{
    return run(database, LAST_ID, NULL, 0, id, err);
}

int database_shrink(struct database *database, struct error *err)
{
    char script[64];
    snprintf(script, sizeof(script), "PRAGMA incremental_vacuum(%d)", SHRINK_PAGES);
    return script_run(database, script, err);
}

int database_checkpoint(struct database *database, struct error *err)
{
    int status =
        sqlite3_wal_checkpoint_v2(database->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return status == SQLITE_OK ? 0 : trouble(database, status, err);
}

// Gives one record away. 1: the taker has had enough.
static int record_give(struct database *database, const struct history_place *place,
                       history_taker *take, void *context, struct error *err)
{
    int status;
    struct sqlite3_stmt *statement = prepared(database, FETCH, &status);
    if (status == SQLITE_OK) {
        status = sqlite3_bind_int64(statement, 1, place->id);
    }
    if (status == SQLITE_OK) {
        status = sqlite3_step(statement);
    }
    int code = 0;
    if (status == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        size_t bytes = (size_t)sqlite3_column_bytes(statement, 0);
        code = text != NULL ? !take(context, place, text, bytes)
                            : error_set(err, -ENOMEM, "no memory for a record");
    } else if (status != SQLITE_DONE) {
        code = trouble(database, status, err);
    }
    sqlite3_reset(statement);
    return code;
}

static struct sqlite3_stmt *walk_begin(struct database *database, const struct history_span *span,
                                       int *status)
{
    bool newest = span->order == HISTORY_NEWEST_FIRST;
    enum statement which = span->name != NULL ? WALK_NAME : WALK;
    struct sqlite3_stmt *walk = prepared(database, newest ? which : which + 1, status);
    if (*status != SQLITE_OK) {
        return NULL;
    }
    struct history_place end = newest ? (struct history_place){INT64_MAX, INT64_MAX}
                                      : (struct history_place){INT64_MIN, 0};
    struct history_place last = span->last.id != 0 ? span->last : end;
    sqlite3_bind_int64(walk, 1, span->kind);
    sqlite3_bind_int64(walk, 2, span->from_us);
    sqlite3_bind_int64(walk, 3, span->to_us);
    sqlite3_bind_int64(walk, 4, last.time_us);
    sqlite3_bind_int64(walk, 5, last.id);
    if (span->name != NULL) {
        sqlite3_bind_text(walk, 6, span->name, -1, SQLITE_STATIC);
    }
    return walk;
}

// The walk reads an index alone, so that it passes over what is hidden without touching records.
int database_read(struct database *database, const struct history_span *span,
                  const struct database_hidden *hidden, history_taker *take, void *context,
                  struct error *err)
{
    int code = database_begin(database, err); // so that both statements see the same
    if (code != 0) {
        return code;
    }
    int status;
    struct sqlite3_stmt *walk = walk_begin(database, span, &status);
    while (code == 0 && walk != NULL && (status = sqlite3_step(walk)) == SQLITE_ROW) {
        struct history_place place = {sqlite3_column_int64(walk, 0), sqlite3_column_int64(walk, 1)};
        if (!hidden->hidden(hidden->context, &place)) {
            code = record_give(database, &place, take, context, err);
        }
    }
    if (code == 0 && status != SQLITE_DONE) {
        code = trouble(database, status, err);
    }
    if (walk != NULL) {
        sqlite3_clear_bindings(walk);
        sqlite3_reset(walk);
    }
    database_rollback(database);
    return code < 0 ? code : 0;
}
