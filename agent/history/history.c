// SPDX-License-Identifier: Apache-2.0
#include "agent/history/history.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "agent/history/state.h"

const char *const history_kind_names[HISTORY_KIND_COUNT] = {
    [HISTORY_WINDOWS] = "windows",
    [HISTORY_ANSWERS] = "answers",
    [HISTORY_ANOMALIES] = "anomalies",
};

const char *const history_drop_names[HISTORY_DROP_COUNT] = {
    [HISTORY_QUEUE_FULL] = "queue_full",
    [HISTORY_WRITE_FAILED] = "write_failed",
    [HISTORY_NO_MEMORY] = "no_memory",
};

static void locks_init(struct history *history)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&history->wake, &attributes);
    pthread_cond_init(&history->settles, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&history->lock, NULL);
    pthread_mutex_init(&history->reading_lock, NULL);
}

int history_create(struct history **history, const struct history_options *options,
                   struct error *err)
{
    struct history *new = calloc(1, sizeof(*new));
    if (new == NULL) {
        return error_set(err, -ENOMEM, "no memory for the history");
    }
    new->max_age_us = options->max_age_us;
    new->max_bytes =
        options->max_bytes > HISTORY_BYTES_LEAST ? options->max_bytes : HISTORY_BYTES_LEAST;
    new->lock_file = -1;
    queue_init(&new->queue);
    notices_init(&new->notices);
    locks_init(new);
    new->path = strdup(options->path);
    if (new->path == NULL) {
        history_free(new);
        return error_set(err, -ENOMEM, "no memory for the history");
    }
    *history = new;
    return 0;
}

// SQLite lets several processes write; but one would set aside what another uses.
static int file_lock(struct history *history, struct error *err)
{
    char *name = NULL;
    if (asprintf(&name, "%s.lock", history->path) < 0) {
        return error_set(err, -ENOMEM, "no memory for the history");
    }
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    int code = 0;
    if (fd < 0) {
        code = error_set(err, -errno, "history: cannot open %s: %s", name, strerror(errno));
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        code = error_set(err, -EBUSY,
                         "history: another process has %s open; each sensor needs a history.file "
                         "of its own",
                         history->path);
        close(fd);
        fd = -1;
    }
    free(name);
    history->lock_file = fd;
    return code;
}

// Signals are for the program's own threads.
static int thread_start(struct history *history)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = -pthread_create(&history->thread, NULL, history_write, history);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

int history_start(struct history *history, struct error *err)
{
    int code = file_lock(history, err);
    if (code == 0) {
        code = history_open(history, err);
    }
    if (code != 0) {
        return code;
    }
    pthread_mutex_lock(&history->lock);
    history->running = true;
    pthread_mutex_unlock(&history->lock);
    code = thread_start(history);
    if (code != 0) {
        pthread_mutex_lock(&history->lock);
        history->running = false;
        pthread_mutex_unlock(&history->lock);
        return error_set(err, code, "history: cannot start a thread: %s", strerror(-code));
    }
    return 0;
}

static void thread_stop(struct history *history)
{
    pthread_mutex_lock(&history->lock);
    bool running = history->running;
    atomic_store(&history->stopping, true);
    pthread_cond_signal(&history->wake);
    pthread_mutex_unlock(&history->lock);
    if (running) {
        pthread_join(history->thread, NULL);
    }
}

void history_free(struct history *history)
{
    if (history == NULL) {
        return;
    }
    thread_stop(history);
    database_close(&history->reading); // first: the last one to close moves the log into the file
    database_close(&history->writing);
    if (history->lock_file >= 0) {
        close(history->lock_file);
    }
    queue_clear(&history->queue);
    pthread_cond_destroy(&history->wake);
    pthread_cond_destroy(&history->settles);
    pthread_mutex_destroy(&history->lock);
    pthread_mutex_destroy(&history->reading_lock);
    notices_fini(&history->notices);
    free(history->path);
    free(history);
}

static struct item *record_item(const struct record *record, const char *json, size_t bytes)
{
    if (record->type == RECORD_QUERY) {
        return item_create(HISTORY_ANSWERS, record->query.end_us, record->query.query, json, bytes);
    }
    if (record->type != RECORD_ANOMALY) {
        return item_create(HISTORY_WINDOWS, record->window.start_us, "", json, bytes);
    }
    struct item *item = item_create(HISTORY_ANOMALIES, record->anomaly.end_us,
                                    record->anomaly.detector, json, bytes);
    if (item != NULL) {
        item->anomaly = record->anomaly.anomaly;
    }
    return item;
}

int history_acknowledge(struct history *history, uint64_t anomaly, const char *json, size_t bytes,
                        struct error *err)
{
    struct item *item =
        item_create(HISTORY_ANOMALIES, 0, "", json != NULL ? json : "", json != NULL ? bytes : 0);
    if (item == NULL) {
        return error_set(err, -ENOMEM, "no memory for the history");
    }
    item->use = ITEM_ACKNOWLEDGEMENT;
    item->anomaly = anomaly;
    pthread_mutex_lock(&history->lock);
    bool running = history->running;
    bool taken = running && queue_put(&history->queue, item);
    history->told += taken;
    pthread_mutex_unlock(&history->lock);
    if (taken) {
        return 0;
    }
    free(item);
    return running ? error_set(err, -EBUSY, "the history's disk does not keep up; try again")
                   : error_set(err, -EAGAIN, "the history is not open");
}

void history_tell(struct history *history, const struct record *record, const char *json,
                  size_t bytes)
{
    if (record->type == RECORD_FLOW) {
        return;
    }
    struct item *item = json != NULL ? record_item(record, json, bytes) : NULL;
    if (item == NULL) {
        counter_add(&history->no_memory, 1);
        return;
    }
    pthread_mutex_lock(&history->lock);
    bool taken = history->running && queue_put(&history->queue, item);
    bool full = history->running && !taken;
    history->told += taken;
    bool many =
        history->queue.count >= QUEUE_ITEMS_MAX / 2 || history->queue.bytes >= QUEUE_BYTES_MAX / 2;
    if (many) {
        pthread_cond_signal(&history->wake);
    }
    pthread_mutex_unlock(&history->lock);
    if (!taken) {
        free(item);
    }
    counter_add(&history->queue_full, full);
}

int history_flush(struct history *history, int64_t us)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += us / 1000000;
    pthread_mutex_lock(&history->lock);
    uint64_t target = history->told;
    int code = 0;
    while ((history->settled < target || history->deletion_count > 0) && code == 0) {
        history->hurried = true;
        pthread_cond_signal(&history->wake);
        code = -pthread_cond_timedwait(&history->settles, &history->lock, &until);
    }
    pthread_mutex_unlock(&history->lock);
    return code;
}

bool history_notice(struct history *history, struct notice *notice)
{
    return notices_take(&history->notices, notice);
}

void history_statistics(const struct history *history, struct history_statistics *statistics)
{
    *statistics = (struct history_statistics){
        .written = counter_read(&history->written),
        .dropped[HISTORY_QUEUE_FULL] = counter_read(&history->queue_full),
        .dropped[HISTORY_WRITE_FAILED] = counter_read(&history->write_failed),
        .dropped[HISTORY_NO_MEMORY] = counter_read(&history->no_memory),
        .erased = counter_read(&history->erased),
        .set_aside = counter_read(&history->set_aside),
        .bytes = counter_read(&history->bytes),
    };
}
