// SPDX-License-Identifier: Apache-2.0
#include "agent/control/forward.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/control/forward_ask.h"
#include "dataplane/base/clock.h"

enum { US_PER_MS = 1000 };

struct forward {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct errand *first; // of all that are not yet collected, oldest first
    unsigned count;
    bool ending; // under the lock
    atomic_bool stopping;
    struct asker asker; // the thread's
    int wake;
    pthread_t thread;
    bool started;
};

int forward_create(struct forward **forward, const char *at, const char *token, int wake,
                   struct error *err)
{
    struct forward *new = calloc(1, sizeof(*new));
    if (new == NULL) {
        return error_set(err, -ENOMEM, "no memory for the way to the generator");
    }
    int code = asker_init(&new->asker, at, token, &new->stopping, err);
    if (code != 0) {
        free(new);
        return code;
    }
    pthread_mutex_init(&new->lock, NULL);
    pthread_cond_init(&new->filled, NULL);
    new->wake = wake;
    *forward = new;
    return 0;
}

void errand_free(struct errand *errand)
{
    if (errand != NULL) {
        json_decref(errand->answer);
        free(errand->body);
        free(errand);
    }
}

static struct errand *errand_create(const struct request *request, int64_t now_us)
{
    struct errand *errand = calloc(1, sizeof(*errand));
    char *body = errand != NULL ? malloc(request->body_bytes + 1) : NULL;
    if (body == NULL) {
        free(errand);
        return NULL;
    }
    if (request->body_bytes > 0) {
        memcpy(body, request->body, request->body_bytes);
    }
    errand->method = request->method;
    snprintf(errand->path, sizeof(errand->path), "%s", request->path);
    errand->body = body;
    errand->body_bytes = request->body_bytes;
    errand->until_us = now_us + ERRAND_PATIENCE_MS * US_PER_MS;
    return errand;
}

struct errand *forward_put(struct forward *forward, const struct request *request, int64_t now_us)
{
    struct errand *errand = errand_create(request, now_us);
    if (errand == NULL) {
        return NULL;
    }
    pthread_mutex_lock(&forward->lock);
    bool room = forward->count < ERRANDS_MAX;
    if (room) {
        struct errand **last = &forward->first;
        while (*last != NULL) {
            last = &(*last)->next;
        }
        *last = errand;
        forward->count++;
        pthread_cond_signal(&forward->filled);
    }
    pthread_mutex_unlock(&forward->lock);
    if (!room) {
        errand_free(errand);
        return NULL;
    }
    return errand;
}

// The oldest in this state leaves the queue; NULL: there is none.
static struct errand *errand_take(struct forward *forward, bool even_undone)
{
    pthread_mutex_lock(&forward->lock);
    struct errand *errand = forward->first;
    if (errand != NULL && (errand->done || even_undone)) {
        forward->first = errand->next;
        forward->count--;
    } else {
        errand = NULL;
    }
    pthread_mutex_unlock(&forward->lock);
    return errand;
}

struct errand *forward_collect(struct forward *forward)
{
    return errand_take(forward, false); // they are done in their order
}

struct errand *forward_withdraw(struct forward *forward)
{
    return errand_take(forward, true);
}

// Waits for the next that is to be done. NULL: the end.
static struct errand *errand_next(struct forward *forward)
{
    struct errand *errand = NULL;
    pthread_mutex_lock(&forward->lock);
    while (!forward->ending) {
        errand = forward->first;
        while (errand != NULL && errand->done) {
            errand = errand->next;
        }
        if (errand != NULL) {
            break;
        }
        pthread_cond_wait(&forward->filled, &forward->lock);
    }
    errand = forward->ending ? NULL : errand;
    pthread_mutex_unlock(&forward->lock);
    return errand;
}

static void *forward_run(void *context)
{
    struct forward *forward = context;
    struct errand *errand;
    while ((errand = errand_next(forward)) != NULL) {
        if (clock_monotonic_us() > errand->until_us) {
            asker_give_up(&forward->asker, errand);
        } else {
            asker_ask(&forward->asker, errand);
        }
        pthread_mutex_lock(&forward->lock);
        errand->done = true;
        pthread_mutex_unlock(&forward->lock);
        uint64_t one = 1;
        ssize_t woken = write(forward->wake, &one, sizeof(one));
        (void)woken; // it cannot fail: the count never comes near its limit
    }
    return NULL;
}

int forward_start(struct forward *forward, struct error *err)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // they are the main thread's
    int code = pthread_create(&forward->thread, NULL, forward_run, forward);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != 0) {
        return error_set(err, -code, "cannot start a thread for the generator: %s", strerror(code));
    }
    forward->started = true;
    pthread_setname_np(forward->thread, "weir-forward");
    return 0;
}

void forward_stop(struct forward *forward)
{
    if (forward == NULL || !forward->started) {
        return;
    }
    atomic_store_explicit(&forward->stopping, true, memory_order_relaxed);
    pthread_mutex_lock(&forward->lock);
    forward->ending = true;
    pthread_cond_signal(&forward->filled);
    pthread_mutex_unlock(&forward->lock);
    pthread_join(forward->thread, NULL);
    forward->started = false;
}

void forward_free(struct forward *forward)
{
    struct errand *errand;
    if (forward == NULL) {
        return;
    }
    while ((errand = forward_withdraw(forward)) != NULL) {
        errand_free(errand);
    }
    asker_fini(&forward->asker);
    pthread_cond_destroy(&forward->filled);
    pthread_mutex_destroy(&forward->lock);
    free(forward);
}
