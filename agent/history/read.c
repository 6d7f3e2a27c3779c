// SPDX-License-Identifier: Apache-2.0
// What clients ask for: reads with a connection of their own, which no write waits for, and spans
// to be erased, which are hidden at once and left to the writer.
#include <errno.h>
#include <string.h>

#include "agent/history/state.h"

struct deletions {
    struct deletion items[DELETIONS_MAX];
    unsigned count;
};

static bool deleted(const void *context, const struct history_place *place)
{
    const struct deletions *deletions = context;
    for (unsigned i = 0; i < deletions->count; i++) {
        const struct deletion *deletion = &deletions->items[i];
        bool earlier = deletion->last_id == 0 || place->id <= deletion->last_id;
        if (place->time_us >= deletion->from_us && place->time_us < deletion->to_us && earlier) {
            return true;
        }
    }
    return false;
}

// With reading_lock.
static int reading_open(struct history *history, struct error *err)
{
    return history->reading.sqlite != NULL
               ? 0
               : database_open_to_read(&history->reading, history->path, err);
}

// False: there is no thread that writes.
static bool deletions_copy(struct history *history, struct deletions *deletions)
{
    pthread_mutex_lock(&history->lock);
    bool running = history->running;
    memcpy(deletions->items, history->deletions, sizeof(deletions->items));
    deletions->count = history->deletion_count;
    pthread_mutex_unlock(&history->lock);
    return running;
}

int history_read(struct history *history, const struct history_span *span, history_taker *take,
                 void *context, struct error *err)
{
    struct deletions deletions;
    const struct database_hidden hidden = {deleted, &deletions};
    if (!deletions_copy(history, &deletions) || atomic_load(&history->damaged)) {
        return error_set(err, -EAGAIN, "the history is not open");
    }
    struct error why;
    pthread_mutex_lock(&history->reading_lock);
    int code = reading_open(history, &why);
    if (code == 0) {
        code = database_read(&history->reading, span, &hidden, take, context, &why);
    }
    if (code == -EBADMSG) {
        atomic_store(&history->damaged, true);
    }
    pthread_mutex_unlock(&history->reading_lock);
    return code == 0 ? 0 : error_set(err, code, "the history cannot be read: %s", why.text);
}

int history_delete(struct history *history, int64_t from_us, int64_t to_us, struct error *err)
{
    pthread_mutex_lock(&history->lock);
    int code = !history->running ? -EAGAIN : history->deletion_count == DELETIONS_MAX ? -EBUSY : 0;
    if (code == 0) {
        history->deletions[history->deletion_count++] = (struct deletion){from_us, to_us, 0};
        pthread_cond_signal(&history->wake);
    }
    pthread_mutex_unlock(&history->lock);
    return code == -EAGAIN  ? error_set(err, code, "the history is not open")
           : code == -EBUSY ? error_set(err, code, "too many spans are being erased")
                            : 0;
}
