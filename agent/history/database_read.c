// SPDX-License-Identifier: Apache-2.0
// Records are found by walking an index, which passes over what is hidden without touching records,
// and fetched one by one. Where only the last of each stretch is wanted a walk ends at its first
// find, and the next one begins in the next stretch that has anything: a seek for each record that
// is given, however many lie between them.
#include <errno.h>
#include <sqlite3.h>

#include "agent/history/database_sql.h"

struct walk {
    struct database *database;
    const struct database_hidden *hidden;
    struct sqlite3_stmt *statement;
};

// Gives one record away; *goes_on is false where the taker has had enough.
static int record_give(struct database *database, const struct history_place *place,
                       history_taker *take, void *context, bool *goes_on, struct error *err)
{
    int status;
    struct sqlite3_stmt *statement = database_prepared(database, FETCH, &status);
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
        *goes_on = text != NULL && take(context, place, text, bytes);
        code = text != NULL ? 0 : error_set(err, -ENOMEM, "no memory for a record");
    } else if (status != SQLITE_DONE) {
        code = database_trouble(database, status, err);
    }
    sqlite3_reset(statement);
    return code;
}

// The bounds are as narrow as `last` allows, since the index is entered by one of them.
static void span_bind(struct sqlite3_stmt *statement, const struct history_span *span)
{
    bool newest = span->order == HISTORY_NEWEST_FIRST;
    struct history_place end = newest ? (struct history_place){INT64_MAX, INT64_MAX}
                                      : (struct history_place){INT64_MIN, 0};
    struct history_place last = span->last.id != 0 ? span->last : end;
    bool above = newest && last.time_us < span->to_us;
    bool below = !newest && last.time_us > span->from_us;
    sqlite3_bind_int64(statement, 1, span->kind);
    sqlite3_bind_int64(statement, 2, below ? last.time_us : span->from_us);
    sqlite3_bind_int64(statement, 3, above ? last.time_us + 1 : span->to_us);
    sqlite3_bind_int64(statement, 4, last.time_us);
    sqlite3_bind_int64(statement, 5, last.id);
    if (span->name != NULL) {
        sqlite3_bind_text(statement, 6, span->name, -1, SQLITE_STATIC);
    }
}

static int walk_begin(struct walk *walk, struct database *database, const struct history_span *span,
                      const struct database_hidden *hidden, struct error *err)
{
    int status;
    enum statement which = span->name != NULL ? WALK_NAME : WALK;
    which += span->order == HISTORY_NEWEST_FIRST ? 0 : 1;
    *walk = (struct walk){database, hidden, database_prepared(database, which, &status)};
    if (status != SQLITE_OK) {
        return database_trouble(database, status, err);
    }
    span_bind(walk->statement, span);
    return 0;
}

// The next that is not hidden: 1; 0: there is none; or a negative errno with a message.
static int walk_step(struct walk *walk, struct history_place *place, struct error *err)
{
    int status;
    while ((status = sqlite3_step(walk->statement)) == SQLITE_ROW) {
        place->time_us = sqlite3_column_int64(walk->statement, 0);
        place->id = sqlite3_column_int64(walk->statement, 1);
        if (!walk->hidden->hidden(walk->hidden->context, place)) {
            return 1;
        }
    }
    return status == SQLITE_DONE ? 0 : database_trouble(walk->database, status, err);
}

static void walk_end(struct walk *walk)
{
    if (walk->statement != NULL) {
        sqlite3_clear_bindings(walk->statement);
        sqlite3_reset(walk->statement);
    }
}

static int first_find(struct database *database, const struct history_span *span,
                      const struct database_hidden *hidden, struct history_place *place,
                      struct error *err)
{
    struct walk walk;
    int code = walk_begin(&walk, database, span, hidden, err);
    code = code == 0 ? walk_step(&walk, place, err) : code;
    walk_end(&walk);
    return code;
}

static int all_read(struct database *database, const struct history_span *span,
                    const struct database_hidden *hidden, history_taker *take, void *context,
                    struct error *err)
{
    struct walk walk;
    struct history_place place;
    bool goes_on = true;
    int code = walk_begin(&walk, database, span, hidden, err);
    while (code == 0 && goes_on && (code = walk_step(&walk, &place, err)) == 1) {
        code = record_give(database, &place, take, context, &goes_on, err);
    }
    walk_end(&walk);
    return code;
}

// Bounds of the stretch that a time lies in; the last one's end is INT64_MAX.
static void stretch_of(int64_t time_us, int64_t every_us, int64_t *begin_us, int64_t *end_us)
{
    int64_t into_us = time_us % every_us;
    into_us += into_us < 0 ? every_us : 0;
    *begin_us = time_us < INT64_MIN + into_us ? INT64_MIN : time_us - into_us;
    *end_us = *begin_us > INT64_MAX - every_us ? INT64_MAX : *begin_us + every_us;
}

// Takes the stretch of that time, and what is before it in the order of the span, out of the span.
static void stretch_leave(struct history_span *left, int64_t time_us)
{
    int64_t begin_us, end_us;
    stretch_of(time_us, left->every_us, &begin_us, &end_us);
    if (left->order == HISTORY_NEWEST_FIRST) {
        left->to_us = begin_us < left->to_us ? begin_us : left->to_us;
    } else {
        left->from_us = end_us > left->from_us ? end_us : left->from_us;
    }
}

// The last of the next stretch: 1; 0: there is none.
static int stretch_find(struct database *database, const struct history_span *left,
                        const struct database_hidden *hidden, struct history_place *place,
                        struct error *err)
{
    int code = first_find(database, left, hidden, place, err);
    if (code != 1 || left->order == HISTORY_NEWEST_FIRST) {
        return code;
    }
    struct history_span stretch = *left;
    int64_t begin_us, end_us;
    stretch_of(place->time_us, left->every_us, &begin_us, &end_us);
    stretch.order = HISTORY_NEWEST_FIRST;
    stretch.to_us = end_us < left->to_us ? end_us : left->to_us;
    return first_find(database, &stretch, hidden, place, err);
}

static int stretches_read(struct database *database, const struct history_span *span,
                          const struct database_hidden *hidden, history_taker *take, void *context,
                          struct error *err)
{
    struct history_span left = *span;
    struct history_place place;
    bool goes_on = true;
    int code = 0;
    if (span->last.id != 0) {
        stretch_leave(&left, span->last.time_us);
        left.last = (struct history_place){0};
    }
    while (code == 0 && goes_on &&
           (code = stretch_find(database, &left, hidden, &place, err)) == 1) {
        stretch_leave(&left, place.time_us);
        code = record_give(database, &place, take, context, &goes_on, err);
    }
    return code;
}

int database_read(struct database *database, const struct history_span *span,
                  const struct database_hidden *hidden, history_taker *take, void *context,
                  struct error *err)
{
    int code = database_begin(database, err); // so that all statements see the same
    if (code != 0) {
        return code;
    }
    code = span->every_us > 0 ? stretches_read(database, span, hidden, take, context, err)
                              : all_read(database, span, hidden, take, context, err);
    database_rollback(database);
    return code;
}
