// SPDX-License-Identifier: Apache-2.0
// Requests that another weir answers (weir generate --listen): they are handed on, one after the
// other, by a thread of their own, so that the server's thread never waits for it. It connects anew
// for each, so that whoever is there answers.
#ifndef WEIR_CONTROL_FORWARD_H
#define WEIR_CONTROL_FORWARD_H

#include <stdint.h>

#include "agent/control/http.h"
#include "agent/control/text.h"
#include "dataplane/base/error.h"

enum {
    ERRANDS_MAX = 8,           // that wait at once, with the one under way
    ERRAND_PATIENCE_MS = 2000, // in which it has to be under way, and then to be done
    ERRAND_ANSWER_MAX = 64 * 1024,
};

// One request on its way, and what came back.
struct errand {
    struct errand *next; // in the queue
    bool done;           // under the queue's lock; what follows `body_bytes` holds
    enum http_method method;
    char path[64];
    char *body;
    size_t body_bytes;
    int64_t until_us; // when it must be under way; monotonic
    unsigned status;  // of the answer, or 502, 504
    json_t *answer;   // always an object; NULL: no memory
    void *waiter;     // the server's own
};

struct forward;

// `at` is "ADDRESS:PORT" or "unix:/PATH", `token` may be NULL; `wake`, an eventfd, is written to
// when an errand is done. 0 or a negative errno with a message.
int forward_create(struct forward **forward, const char *at, const char *token, int wake,
                   struct error *err);

// Starts its thread. Once. 0 or a negative errno with a message.
int forward_start(struct forward *forward, struct error *err);

// Ends the thread, within a second, if it was started. Then nothing is done any more, and
// errands_withdraw gives what is left. May be NULL.
void forward_stop(struct forward *forward);

// After forward_stop. Frees what is still in it. May be NULL.
void forward_free(struct forward *forward);

// Server's thread. NULL: no memory, or too many wait.
struct errand *forward_put(struct forward *forward, const struct request *request, int64_t now_us);

// Server's thread. The next that is done, for the caller to free; NULL: none.
struct errand *forward_collect(struct forward *forward);

// After forward_stop: the next of all, done or not; NULL: none.
struct errand *forward_withdraw(struct forward *forward);

void errand_free(struct errand *errand); // may be NULL

#endif
