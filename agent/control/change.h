// SPDX-License-Identifier: Apache-2.0
// Changes of the configuration on their way to the agent thread and back: the server's thread puts
// one in and goes on; the agent thread takes it, says what came of it and wakes the server.
#ifndef WEIR_CONTROL_CHANGE_H
#define WEIR_CONTROL_CHANGE_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/control/control.h"

enum {
    CHANGES_MAX = 64, // that wait at once
    CHANGE_PATIENCE_US = 5000000,
};

enum change_state {
    CHANGE_WAITS,   // in the mailbox; the server's thread may still take it back
    CHANGE_RUNS,    // the agent thread has it
    CHANGE_DONE,    // `code` and `err` hold
    CHANGE_EXPIRED, // taken back: nothing was changed
};

struct change {
    struct change *next; // in the mailbox
    enum change_state state;
    int64_t deadline_us;
    json_t *options; // name: value
    int code;        // 0: all are taken; what the setter said of one: none is
    struct error err;
    void *waiter; // the server's own
};

struct changes {
    pthread_mutex_t lock;
    struct change *first; // of all that are not yet collected, oldest first
    unsigned count;
    int wake; // an eventfd of the server's
};

void changes_init(struct changes *changes, int wake);
void changes_fini(struct changes *changes); // frees what is still in it

// Server's thread. Takes the reference over. NULL: no memory, or too many wait.
struct change *changes_put(struct changes *changes, json_t *options, int64_t now_us);

// Server's thread. The next that is done or has expired, for the caller to free (change_free);
// NULL: none. *until_us is then when the next one expires; INT64_MAX: none waits.
struct change *changes_collect(struct changes *changes, int64_t now_us, int64_t *until_us);

// When neither thread uses it any more: the next of all, in whatever state; NULL: none.
struct change *changes_withdraw(struct changes *changes);

void change_free(struct change *change); // may be NULL

// Agent thread.
void changes_run(struct changes *changes, control_setter *set, void *context);

#endif
