// SPDX-License-Identifier: Apache-2.0
// Opening the database, and what becomes of one that is damaged.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/history/state.h"

void history_say(struct history *history, enum history_notice kind, const char *what,
                 const char *why)
{
    struct error line;
    error_set(&line, 0, "%s: %s%s%s", history->path, what, why[0] != '\0' ? ": " : "", why);
    notices_put(&history->notices, kind, line.text);
}

static int database_try(struct history *history, struct error *err)
{
    struct error why;
    int code = database_open(&history->writing, history->path, &why);
    return code == 0 ? 0 : error_set(err, code, "history %s: %s", history->path, why.text);
}

// The file and its log, if any, under another name.
static int files_rename(const char *path, char *aside, size_t bytes)
{
    struct timespec now;
    struct tm utc;
    char when[32], from[4096], to[4096];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &utc);
    snprintf(aside, bytes, "%s.corrupt-%s", path, when);
    for (unsigned again = 1; access(aside, F_OK) == 0 && again < 100; again++) {
        snprintf(aside, bytes, "%s.corrupt-%s-%u", path, when, again);
    }
    if (rename(path, aside) != 0) {
        return -errno;
    }
    snprintf(from, sizeof(from), "%s-wal", path);
    snprintf(to, sizeof(to), "%s-wal", aside);
    bool gone = rename(from, to) == 0 || unlink(from) == 0 || errno == ENOENT;
    snprintf(from, sizeof(from), "%s-shm", path);
    gone &= unlink(from) == 0 || errno == ENOENT;
    return gone ? 0 : -errno;
}

int history_set_aside(struct history *history, const char *why, struct error *err)
{
    char aside[3072], line[4096];
    pthread_mutex_lock(&history->reading_lock);
    database_close(&history->reading);
    database_close(&history->writing);
    int code = files_rename(history->path, aside, sizeof(aside));
    code = code == 0 ? database_try(history, err)
                     : error_set(err, code, "history %s is damaged and cannot be set aside: %s",
                                 history->path, strerror(-code));
    atomic_store(&history->damaged, false);
    pthread_mutex_unlock(&history->reading_lock);
    if (code == 0) {
        counter_add(&history->set_aside, 1);
        snprintf(line, sizeof(line), "it was damaged (%.200s), a fresh one is begun; it is kept as",
                 why);
        history_say(history, HISTORY_ERROR, line, aside);
    }
    return code;
}

int history_open(struct history *history, struct error *err)
{
    struct error why;
    int code = database_try(history, &why);
    return code == -EBADMSG ? history_set_aside(history, why.text, err)
           : code != 0      ? error_set(err, code, "%s", why.text)
                            : 0;
}
