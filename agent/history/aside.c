// SPDX-License-Identifier: Apache-2.0
// Opening the database, and what becomes of one that is damaged.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/history/state.h"

#define ASIDE_MARK ".corrupt-"

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
    snprintf(aside, bytes, "%s" ASIDE_MARK "%s", path, when);
    for (unsigned again = 1; access(aside, F_OK) == 0 && again < 100; again++) {
        snprintf(aside, bytes, "%s" ASIDE_MARK "%s-%u", path, when, again);
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

// Whether the name is that of a database that was set aside: its base's, the mark, a time. Its log
// goes with it.
static bool is_aside(const char *name, const char *base)
{
    size_t length = strlen(base), mark = strlen(ASIDE_MARK);
    if (strncmp(name, base, length) != 0 || strncmp(name + length, ASIDE_MARK, mark) != 0) {
        return false;
    }
    const char *when = name + length + mark;
    return when[0] != '\0' && when[strspn(when, "0123456789TZ-")] == '\0';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strverscmp((*a)->d_name, (*b)->d_name); // times, then numbers
}

static void aside_remove(struct history *history, const char *path)
{
    char log[4096 + sizeof("-wal")];
    snprintf(log, sizeof(log), "%s-wal", path);
    if (unlink(path) == 0) {
        (void)unlink(log);
        history_say(history, HISTORY_INFO, "more than three were set aside, removed", path);
    } else {
        history_say(history, HISTORY_ERROR, "one that was set aside cannot be removed", path);
    }
}

// Databases are damaged by disks that fail, and then again and again: those that were set aside
// must not fill the rest.
static void aside_bound(struct history *history)
{
    char folder[3072], path[4096];
    struct dirent **names;
    const char *slash = strrchr(history->path, '/');
    const char *base = slash != NULL ? slash + 1 : history->path;
    int length = (int)(base - history->path);
    snprintf(folder, sizeof(folder), "%.*s", length > 0 ? length : 2,
             length > 0 ? history->path : "./");
    int count = scandir(folder, &names, NULL, by_name);
    int kept = 0;
    for (int i = count - 1; i >= 0; i--) {
        if (is_aside(names[i]->d_name, base) && ++kept > HISTORY_ASIDE_MAX) {
            snprintf(path, sizeof(path), "%s%s", folder, names[i]->d_name);
            aside_remove(history, path);
        }
        free(names[i]);
    }
    if (count >= 0) {
        free(names);
    }
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
        aside_bound(history);
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
