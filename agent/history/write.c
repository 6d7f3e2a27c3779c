// SPDX-License-Identifier: Apache-2.0
// The thread that writes. Its turns come once a second: it writes what waits, in transactions of a
// bounded size, erases what clients asked for and what is too old, and gives free pages back.
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "agent/history/bounds.h"
#include "agent/history/state.h"
#include "dataplane/base/clock.h"
#include "dataplane/base/cpu.h"

enum {
    TURN_US = 1000000,
    BATCH_ITEMS = 256,
    BATCH_BYTES = 1024 * 1024,
    ITEM_BYTES = 4096 + 512, // that a record takes beside its text: the rest of a page, indexes
};

// One line for each stretch of failure.
static void write_judge(struct history *history, int code, const struct error *why)
{
    if (code != 0 && !history->failing) {
        history_say(history, HISTORY_ERROR, "cannot be written, records are dropped", why->text);
    } else if (code == 0 && history->failing) {
        history_say(history, HISTORY_INFO, "is written again", "");
    }
    history->failing = code != 0;
}

static int items_add(struct history *history, const struct item *first, struct error *err)
{
    int64_t now_us = clock_wall_us();
    int64_t bytes = 0;
    for (const struct item *item = first; item != NULL; item = item->next) {
        bytes += (int64_t)item->bytes + ITEM_BYTES;
    }
    int code = bounds_room(history, bytes, err);
    if (code == 0) {
        code = database_begin(&history->writing, err);
    }
    for (const struct item *item = first; item != NULL && code == 0; item = item->next) {
        code = item->use == ITEM_RECORD ? database_add(&history->writing, item, now_us, err)
                                        : database_acknowledge(&history->writing, item, err);
    }
    if (code == 0) {
        code = database_commit(&history->writing, err);
    }
    if (code != 0) {
        database_rollback(&history->writing);
    }
    return code;
}

// What failed for a database that is damaged can be done with a fresh one.
static int repair(struct history *history, int code, struct error *err)
{
    if (code != -EBADMSG) {
        return code;
    }
    struct error why = *err;
    return history_set_aside(history, why.text, err);
}

static int writing_open(struct history *history, struct error *err)
{
    return history->writing.sqlite != NULL ? 0 : history_open(history, err);
}

static int batch_write(struct history *history, const struct item *first, struct error *err)
{
    int code = writing_open(history, err);
    if (code == 0) {
        code = items_add(history, first, err);
        if (code == -EBADMSG) {
            code = repair(history, code, err);
            code = code == 0 ? items_add(history, first, err) : code;
        }
    }
    return code;
}

// Up to a transaction's worth, linked, at most *left.
static struct item *batch_take(struct history *history, size_t *left, uint64_t *count)
{
    struct item *first = NULL, **end = &first;
    size_t bytes = 0;
    *count = 0;
    pthread_mutex_lock(&history->lock);
    while (*left > 0 && *count < BATCH_ITEMS && bytes < BATCH_BYTES) {
        struct item *item = queue_take(&history->queue);
        if (item == NULL) {
            break;
        }
        *end = item;
        end = &item->next;
        bytes += item->bytes;
        (*count)++;
        (*left)--;
    }
    pthread_mutex_unlock(&history->lock);
    return first;
}

static uint64_t records_of(const struct item *first)
{
    uint64_t count = 0;
    for (; first != NULL; first = first->next) {
        count += first->use == ITEM_RECORD;
    }
    return count;
}

static void batch_settle(struct history *history, struct item *first, uint64_t count)
{
    while (first != NULL) {
        struct item *next = first->next;
        free(first);
        first = next;
    }
    pthread_mutex_lock(&history->lock);
    history->settled += count;
    pthread_cond_broadcast(&history->settles);
    pthread_mutex_unlock(&history->lock);
}

static void waiting_write(struct history *history)
{
    pthread_mutex_lock(&history->lock);
    size_t left = history->queue.count; // more may come all the while
    pthread_mutex_unlock(&history->lock);
    struct item *first;
    uint64_t count;
    while ((first = batch_take(history, &left, &count)) != NULL) {
        struct error err;
        int code = batch_write(history, first, &err);
        counter_add(code == 0 ? &history->written : &history->write_failed,
                    code == 0 ? records_of(first) : count);
        write_judge(history, code, &err);
        batch_settle(history, first, count);
    }
}

// What need not be done for any record. What fails here is tried again in the next turn.
static void keep(struct history *history)
{
    struct error err;
    int code = writing_open(history, &err);
    if (code == 0 && atomic_load(&history->damaged)) {
        code = error_set(&err, -EBADMSG, "a read found it");
    }
    if (code == 0) {
        code = bounds_spans(history, &err);
    }
    if (code == 0) {
        code = bounds_age(history, &err);
    }
    if (code == 0) {
        code = bounds_shrink(history, &err);
    }
    code = repair(history, code, &err);
    if (code != 0) {
        write_judge(history, code, &err);
    }
}

static int stop_asked(void *argument)
{
    const struct history *history = argument;
    return atomic_load(&history->stopping);
}

static void first_look(struct history *history)
{
    struct error err;
    int code = database_check(&history->writing, stop_asked, history, &err);
    code = repair(history, code, &err);
    if (code != 0) {
        write_judge(history, code, &err);
    }
}

// Until the next turn is due, or somebody waits for it. With the lock.
static void turn_wait(struct history *history)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += TURN_US / 1000000;
    int code = 0;
    bool erases = history->deletion_count > 0 && !history->failing;
    while (code == 0 && !history->hurried && !erases &&
           history->queue.count < QUEUE_ITEMS_MAX / 2 &&
           history->queue.bytes < QUEUE_BYTES_MAX / 2 && !atomic_load(&history->stopping)) {
        code = pthread_cond_timedwait(&history->wake, &history->lock, &until);
        erases = history->deletion_count > 0 && !history->failing;
    }
    history->hurried = false;
}

void *history_write(void *argument)
{
    struct history *history = argument;
    cpu_thread_name("weir-history");
    first_look(history);
    bool stopping = false;
    while (!stopping) {
        pthread_mutex_lock(&history->lock);
        turn_wait(history);
        stopping = atomic_load(&history->stopping);
        pthread_mutex_unlock(&history->lock);
        waiting_write(history);
        keep(history);
    }
    return NULL;
}
