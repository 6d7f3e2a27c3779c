// SPDX-License-Identifier: Apache-2.0
#include "export/spool/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/base/cpu.h"
#include "export/spool/directory.h"

static void range_add(struct sync_range *range, uint64_t first, uint64_t last, bool created)
{
    if (range->first == 0 || first < range->first) {
        range->first = first;
    }
    if (last > range->last) {
        range->last = last;
    }
    range->created |= created;
}

// 0 or a negative errno.
static int segment_sync(int directory, uint64_t number)
{
    int fd = openat(directory, segment_name(number).text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? 0 : -errno;
    }
    int code = fdatasync(fd) == 0 ? 0 : -errno;
    close(fd);
    return code;
}

// Syncs from first to last; what is left of the range when one fails stays in it.
static int range_sync(struct sync_range *range, int directory)
{
    for (; range->first <= range->last; range->first++) {
        int code = segment_sync(directory, range->first);
        if (code != 0) {
            return code;
        }
    }
    return !range->created || fsync(directory) == 0 ? 0 : -errno;
}

// One complaint for each stretch of failure. Holds the lock.
static void sync_judge(struct sync *sync, const struct sync_range *left, int code)
{
    if (code == 0) {
        sync->failing = false;
        return;
    }
    if (!sync->failing) {
        struct error text;
        error_set(&text, 0,
                  "spool '%s': cannot sync: %s; what was written last is lost if the machine stops",
                  sync->path, strerror(-code));
        notices_put(sync->notices, 0, text.text);
    }
    sync->failing = true;
    range_add(&sync->waiting, left->first, left->last, left->created);
}

// Takes the range and syncs it. Holds the lock, but not while it syncs.
static void sync_turn(struct sync *sync)
{
    struct sync_range range = sync->waiting;
    sync->waiting = (struct sync_range){0};
    if (range.first == 0) {
        return;
    }
    pthread_mutex_unlock(&sync->lock);
    int code = range_sync(&range, sync->directory);
    pthread_mutex_lock(&sync->lock);
    sync_judge(sync, &range, code);
}

// Waits until there is something to sync, and then as long as what was flushed may wait. Holds the
// lock.
static void sync_rest(struct sync *sync)
{
    while (sync->waiting.first == 0 && !sync->stopping) {
        pthread_cond_wait(&sync->wake, &sync->lock);
    }
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += sync->every_us / 1000000;
    until.tv_nsec += sync->every_us % 1000000 * 1000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    while (!sync->stopping &&
           pthread_cond_timedwait(&sync->wake, &sync->lock, &until) != ETIMEDOUT) {
    }
}

static void *sync_main(void *argument)
{
    struct sync *sync = argument;
    cpu_thread_name("weir-spool");
    pthread_mutex_lock(&sync->lock);
    while (!sync->stopping) {
        sync_rest(sync);
        sync_turn(sync);
    }
    pthread_mutex_unlock(&sync->lock);
    return NULL;
}

// Signals are for the program's own threads.
static int thread_start(struct sync *sync)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = -pthread_create(&sync->thread, NULL, sync_main, sync);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

static void sync_fini(struct sync *sync)
{
    pthread_cond_destroy(&sync->wake);
    pthread_mutex_destroy(&sync->lock);
}

int sync_start(struct sync *sync, const char *path, int directory, int64_t every_us,
               struct notices *notices, struct error *err)
{
    *sync = (struct sync){
        .path = path, .directory = directory, .every_us = every_us, .notices = notices};
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&sync->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&sync->lock, NULL);
    int code = every_us > 0 ? thread_start(sync) : 0;
    if (code != 0) {
        sync_fini(sync);
        return error_set(err, code, "spool '%s': cannot start a thread: %s", path, strerror(-code));
    }
    sync->running = every_us > 0;
    return 0;
}

void sync_stop(struct sync *sync)
{
    if (sync->running) {
        pthread_mutex_lock(&sync->lock);
        sync->stopping = true;
        pthread_cond_signal(&sync->wake);
        pthread_mutex_unlock(&sync->lock);
        pthread_join(sync->thread, NULL);
    }
    sync_now(sync);
    sync_fini(sync);
}

static void sync_note(struct sync *sync, uint64_t number, bool created)
{
    pthread_mutex_lock(&sync->lock);
    bool first = sync->waiting.first == 0;
    range_add(&sync->waiting, number, number, created);
    if (first && sync->running) {
        pthread_cond_signal(&sync->wake);
    }
    pthread_mutex_unlock(&sync->lock);
}

void sync_created(struct sync *sync, uint64_t number)
{
    sync_note(sync, number, true);
}

void sync_written(struct sync *sync, uint64_t number)
{
    sync_note(sync, number, false);
}

void sync_now(struct sync *sync)
{
    pthread_mutex_lock(&sync->lock);
    sync_turn(sync);
    pthread_mutex_unlock(&sync->lock);
}
