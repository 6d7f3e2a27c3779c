// SPDX-License-Identifier: Apache-2.0
#include "agent/history/database.h"

#include <sqlite3.h>
#include <stdio.h>

#include "agent/history/database_sql.h"

enum {
    ERASE_ROWS = 500,
    SHRINK_PAGES = 256,
    RUN_SHIFT = 32, // an episode is a run and, below, an anomaly's number in it
};

int database_begin(struct database *database, struct error *err)
{
    return database_run(database, BEGIN, NULL, 0, NULL, err);
}

int database_commit(struct database *database, struct error *err)
{
    return database_run(database, COMMIT, NULL, 0, NULL, err);
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
    struct sqlite3_stmt *statement = database_prepared(database, ADD, &status);
    if (status == SQLITE_OK) {
        sqlite3_bind_text(statement, 5, item->name, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 6, item->text, (int)item->bytes, SQLITE_STATIC);
    }
    const int64_t values[] = {item->kind, item->time_us, written_us, episode_of(database, item)};
    int code = status == SQLITE_OK ? database_run(database, ADD, values, 4, NULL, err)
                                   : database_trouble(database, status, err);
    sqlite3_clear_bindings(statement);
    return code;
}

int database_acknowledge(struct database *database, const struct item *item, struct error *err)
{
    const int64_t episode = episode_of(database, item);
    int status;
    if (item->bytes == 0) {
        return database_run(database, TAKE_BACK, &episode, 1, NULL, err);
    }
    struct sqlite3_stmt *statement = database_prepared(database, ACKNOWLEDGE, &status);
    if (status == SQLITE_OK) {
        sqlite3_bind_text(statement, 2, item->text, (int)item->bytes, SQLITE_STATIC);
    }
    int code = status == SQLITE_OK ? database_run(database, ACKNOWLEDGE, &episode, 1, NULL, err)
                                   : database_trouble(database, status, err);
    sqlite3_clear_bindings(statement);
    return code;
}

int database_size(struct database *database, struct database_size *size, struct error *err)
{
    int64_t pages = 0, unused = 0, bytes = 0;
    int code = database_run(database, PAGES, NULL, 0, &pages, err);
    if (code == 0) {
        code = database_run(database, FREE_PAGES, NULL, 0, &unused, err);
    }
    if (code == 0) {
        code = database_run(database, PAGE_BYTES, NULL, 0, &bytes, err);
    }
    *size = (struct database_size){(pages - unused) * bytes, unused * bytes};
    return code;
}

int database_oldest(struct database *database, int64_t *written_us, struct error *err)
{
    *written_us = INT64_MAX;
    return database_run(database, OLDEST, NULL, 0, written_us, err);
}

int database_erase_oldest(struct database *database, int64_t written_us, uint64_t *erased,
                          struct error *err)
{
    const int64_t values[] = {written_us, ERASE_ROWS};
    int code = database_run(database, ERASE_OLDEST, values, 2, NULL, err);
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
        code = database_run(database, ERASE_SPAN, values, 5, NULL, err);
        *erased = code == 0 ? (uint64_t)sqlite3_changes64(database->sqlite) : 0;
    }
    return code;
}

int database_last_id(struct database *database, int64_t *id, struct error *err)
{
    return database_run(database, LAST_ID, NULL, 0, id, err);
}

int database_shrink(struct database *database, struct error *err)
{
    char script[64];
    snprintf(script, sizeof(script), "PRAGMA incremental_vacuum(%d)", SHRINK_PAGES);
    return database_script(database, script, err);
}

int database_checkpoint(struct database *database, struct error *err)
{
    int status =
        sqlite3_wal_checkpoint_v2(database->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return status == SQLITE_OK ? 0 : database_trouble(database, status, err);
}
