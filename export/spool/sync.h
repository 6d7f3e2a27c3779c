// SPDX-License-Identifier: Apache-2.0
// Brings what was written to the disk's platter, by a thread of its own.
#ifndef WEIR_SPOOL_SYNC_H
#define WEIR_SPOOL_SYNC_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "dataplane/base/error.h"
#include "dataplane/base/notices.h"

// What waits is a range of numbers and no list of files: segments are numbered upwards as they are
// written, and one that is gone by the time it would be synced needs no sync.
struct sync_range {
    uint64_t first; // 0: nothing
    uint64_t last;
    bool created; // since the last sync, so that the directory has to be synced
};

// Use the functions, not the members.
struct sync {
    const char *path; // of the directory, for messages
    int directory;
    int64_t every_us;
    struct notices *notices;
    pthread_mutex_t lock; // of all that follows
    pthread_cond_t wake;
    struct sync_range waiting;
    bool stopping;
    bool failing;
    bool running; // there is a thread
    pthread_t thread;
};

// Starts the thread, none where every_us is 0: then sync_now does its work. All that is passed must
// outlive sync_stop. 0, or a negative errno and a message; nothing is left behind then.
int sync_start(struct sync *sync, const char *path, int directory, int64_t every_us,
               struct notices *notices, struct error *err);

// Syncs what waits, and ends the thread. Blocks.
void sync_stop(struct sync *sync);

// The writing thread: the segment has been created, or written to. Does not wait for the disk.
void sync_created(struct sync *sync, uint64_t number);
void sync_written(struct sync *sync, uint64_t number);

// Without a thread: syncs what waits. Blocks.
void sync_now(struct sync *sync);

#endif
