// SPDX-License-Identifier: Apache-2.0
// How the bound on size holds: before a transaction the oldest records are erased until what is
// used and all that the transaction can add fit into the bound less ROOM. Pages that were freed are
// taken before the file grows, so that it never is larger than that. ROOM is for the write-ahead
// log, which SQLite moves into the database when it has 1000 pages; where it cannot, since another
// program reads an old state, nothing more is written past LOG_BYTES_MAX.
#include "agent/history/bounds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "dataplane/base/clock.h"

enum {
    ROOM = 8 * 1024 * 1024,
    LOG_BYTES_MAX = 5 * 1024 * 1024,
    STEPS = 20,                        // of erasing in one turn, between which records are written
    FREE_BYTES_KEPT = 4 * 1024 * 1024, // to be used again
};

static int64_t log_bytes(const struct history *history)
{
    char name[4096];
    struct stat status;
    snprintf(name, sizeof(name), "%s-wal", history->path);
    return stat(name, &status) == 0 ? status.st_size : 0;
}

static int log_hold(struct history *history, struct error *err)
{
    if (log_bytes(history) <= LOG_BYTES_MAX) {
        return 0;
    }
    struct error why;
    return database_checkpoint(&history->writing, &why) == 0
               ? 0
               : error_set(err, -ENOSPC, "its log cannot be emptied: %s", why.text);
}

int bounds_room(struct history *history, int64_t bytes, struct error *err)
{
    for (;;) {
        struct database_size size;
        int code = log_hold(history, err);
        if (code == 0) {
            code = database_size(&history->writing, &size, err);
        }
        if (code != 0 || size.used + bytes <= history->max_bytes - ROOM) {
            return code;
        }
        uint64_t erased;
        code = database_erase_oldest(&history->writing, INT64_MAX, &erased, err);
        if (code != 0 || erased == 0) {
            return code;
        }
        counter_add(&history->erased, erased);
    }
}

// Erases some of the first span that a client named; lets go of it when nothing is left, or when
// it cannot be done, which is said then.
static int deletion_step(struct history *history, const struct deletion *deletion,
                         struct error *err)
{
    uint64_t erased = 0;
    int64_t last_id = deletion->last_id;
    int code = last_id == 0 ? database_last_id(&history->writing, &last_id, err) : 0;
    if (code == 0) {
        code = log_hold(history, err);
    }
    if (code == 0 && last_id > 0) {
        code = database_erase_span(&history->writing, deletion->from_us, deletion->to_us, last_id,
                                   &erased, err);
    }
    counter_add(&history->erased, erased);
    pthread_mutex_lock(&history->lock);
    history->deletions[0].last_id = last_id;
    if (erased == 0) {
        history->deletion_count--;
        memmove(&history->deletions[0], &history->deletions[1],
                history->deletion_count * sizeof(history->deletions[0]));
        pthread_cond_broadcast(&history->settles);
    }
    pthread_mutex_unlock(&history->lock);
    return code;
}

int bounds_spans(struct history *history, struct error *err)
{
    int code = 0;
    for (unsigned step = 0; step < STEPS && code == 0; step++) {
        pthread_mutex_lock(&history->lock);
        bool any = history->deletion_count > 0;
        struct deletion first = history->deletions[0];
        pthread_mutex_unlock(&history->lock);
        if (!any) {
            return 0;
        }
        code = deletion_step(history, &first, err);
    }
    return code;
}

int bounds_age(struct history *history, struct error *err)
{
    int64_t before_us = clock_wall_us() - history->max_age_us;
    int64_t oldest_us = INT64_MAX;
    uint64_t erased = 1;
    int code = database_oldest(&history->writing, &oldest_us, err);
    for (unsigned step = 0; step < STEPS && code == 0 && oldest_us < before_us && erased > 0;
         step++) {
        code = log_hold(history, err);
        if (code == 0) {
            code = database_erase_oldest(&history->writing, before_us, &erased, err);
            counter_add(&history->erased, code == 0 ? erased : 0);
        }
    }
    return code;
}

// What was freed beyond what is soon used again; all of it where the bound was lowered.
int bounds_shrink(struct history *history, struct error *err)
{
    struct database_size size = {0};
    int code = bounds_room(history, 0, err);
    for (unsigned step = 0; step < STEPS && code == 0; step++) {
        code = database_size(&history->writing, &size, err);
        bool large = size.used + size.free > history->max_bytes - ROOM;
        if (code != 0 || size.free <= (large ? 0 : FREE_BYTES_KEPT)) {
            break;
        }
        code = log_hold(history, err);
        if (code == 0) {
            code = database_shrink(&history->writing, err);
        }
    }
    counter_set(&history->bytes, (uint64_t)(size.used + size.free + log_bytes(history)));
    return code;
}
