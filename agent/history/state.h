// SPDX-License-Identifier: Apache-2.0
// What the files of this room share. `lock` is held for moments, never while the disk is waited
// for; `reading_lock` for as long as a read takes, and by the writer only when it replaces a
// damaged database.
#ifndef WEIR_HISTORY_STATE_H
#define WEIR_HISTORY_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "agent/history/database.h"
#include "agent/history/history.h"
#include "agent/history/queue.h"
#include "dataplane/base/counter.h"

enum { DELETIONS_MAX = 16 };

struct deletion {
    int64_t from_us;
    int64_t to_us;
    int64_t last_id; // what was written later stays; 0: not known yet
};

struct history {
    char *path;
    int64_t max_age_us;
    int64_t max_bytes;
    int lock_file;
    struct notices notices;

    pthread_mutex_t lock;
    pthread_cond_t wake;                      // the writer has something to do
    pthread_cond_t settles;                   // told records were settled
    struct queue queue;                       // with lock, as all down to `running`
    struct deletion deletions[DELETIONS_MAX]; // the writer's are the first ones, in order
    unsigned deletion_count;
    uint64_t told;
    uint64_t settled;
    bool hurried; // somebody waits
    bool running;
    atomic_bool stopping;

    pthread_t thread;
    struct database writing; // the thread's own, once it runs
    bool failing;            // the same: the last write failed

    pthread_mutex_t reading_lock;
    struct database reading; // opened by the first read
    atomic_bool damaged;     // a read has met something

    counter written; // the thread's own, as all down to `set_aside`
    counter write_failed;
    counter erased;
    counter bytes;
    counter set_aside;
    counter queue_full; // agent thread
    counter no_memory;  // the same
};

// Opens the database to be written; sets one aside that is damaged. 0 or a negative errno with a
// message.
int history_open(struct history *history, struct error *err);

// Sets the database aside that is open to be written, and begins a fresh one. The writer, or
// nobody else runs.
int history_set_aside(struct history *history, const char *why, struct error *err);

// Any thread: a line for the log. `why` may be empty.
void history_say(struct history *history, enum history_notice kind, const char *what,
                 const char *why);

// The thread's function.
void *history_write(void *history);

#endif
