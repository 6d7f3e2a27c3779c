// SPDX-License-Identifier: Apache-2.0
// The file: its making, its layout in each version, its soundness.
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/history/database_sql.h"

enum {
    APPLICATION = 0x57656972, // "Weir", as the file names what made it
    VERSION = 2,              // of the layout
    FILE_MODE = 0640,
    BUSY_MS = 2000, // somebody looks at it with another program
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
    int code = status == SQLITE_ROW ? 0 : database_trouble(database, status, err);
    sqlite3_finalize(statement);
    return code;
}

static int migrate(struct database *database, int64_t version, struct error *err)
{
    int code = 0;
    for (int64_t at = version; at < VERSION && code == 0; at++) {
        char done[64];
        snprintf(done, sizeof(done), "PRAGMA user_version = %d; COMMIT", (int)at + 1);
        code = database_script(database, "BEGIN IMMEDIATE", err);
        if (code == 0) {
            code = database_script(database, migrations[at], err);
        }
        if (code == 0) {
            code = database_script(database, done, err);
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
    code = database_script(database, set_up, err);
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
        return database_trouble(database, status, err);
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
        code = database_run(database, RUN, NULL, 0, &database->run, err);
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
        code = database_trouble(database, status, err);
    }
    sqlite3_finalize(statement);
    sqlite3_progress_handler(database->sqlite, 0, NULL, NULL);
    return code;
}
