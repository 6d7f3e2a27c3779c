// SPDX-License-Identifier: Apache-2.0
#include "agent/control/change.h"

#include <stdlib.h>
#include <unistd.h>

void changes_init(struct changes *changes, int wake)
{
    *changes = (struct changes){.wake = wake};
    pthread_mutex_init(&changes->lock, NULL);
}

void change_free(struct change *change)
{
    if (change != NULL) {
        json_decref(change->options);
        free(change);
    }
}

struct change *changes_withdraw(struct changes *changes)
{
    pthread_mutex_lock(&changes->lock);
    struct change *change = changes->first;
    if (change != NULL) {
        changes->first = change->next;
        changes->count--;
    }
    pthread_mutex_unlock(&changes->lock);
    return change;
}

void changes_fini(struct changes *changes)
{
    struct change *change;
    while ((change = changes_withdraw(changes)) != NULL) {
        change_free(change);
    }
    pthread_mutex_destroy(&changes->lock);
}

struct change *changes_put(struct changes *changes, json_t *options, int64_t now_us)
{
    struct change *change = calloc(1, sizeof(*change));
    if (change == NULL) {
        json_decref(options);
        return NULL;
    }
    change->options = options;
    change->deadline_us = now_us + CHANGE_PATIENCE_US;
    pthread_mutex_lock(&changes->lock);
    bool room = changes->count < CHANGES_MAX;
    if (room) {
        struct change **last = &changes->first;
        while (*last != NULL) {
            last = &(*last)->next;
        }
        *last = change;
        changes->count++;
    }
    pthread_mutex_unlock(&changes->lock);
    if (!room) {
        change_free(change);
        return NULL;
    }
    return change;
}

struct change *changes_collect(struct changes *changes, int64_t now_us, int64_t *until_us)
{
    *until_us = INT64_MAX;
    pthread_mutex_lock(&changes->lock);
    struct change **at = &changes->first;
    while (*at != NULL) {
        struct change *change = *at;
        if (change->state == CHANGE_WAITS && now_us >= change->deadline_us) {
            change->state = CHANGE_EXPIRED;
        }
        if (change->state == CHANGE_DONE || change->state == CHANGE_EXPIRED) {
            break;
        }
        if (change->state == CHANGE_WAITS && change->deadline_us < *until_us) {
            *until_us = change->deadline_us;
        }
        at = &change->next;
    }
    struct change *found = *at;
    if (found != NULL) {
        *at = found->next;
        changes->count--;
    }
    pthread_mutex_unlock(&changes->lock);
    return found;
}

static struct change *changes_take(struct changes *changes)
{
    pthread_mutex_lock(&changes->lock);
    struct change *change = changes->first;
    while (change != NULL && change->state != CHANGE_WAITS) {
        change = change->next;
    }
    if (change != NULL) {
        change->state = CHANGE_RUNS;
    }
    pthread_mutex_unlock(&changes->lock);
    return change;
}

static void change_step(struct change *change, enum control_step step, control_setter *set,
                        void *context)
{
    const char *name;
    json_t *value;
    json_object_foreach(change->options, name, value)
    {
        change->code = set(context, step, name, value, &change->err);
        if (change->code != 0) {
            return;
        }
    }
}

void changes_run(struct changes *changes, control_setter *set, void *context)
{
    struct change *change;
    while ((change = changes_take(changes)) != NULL) {
        change_step(change, CONTROL_LOOKS, set, context);
        if (change->code == 0) {
            change_step(change, CONTROL_TAKES, set, context);
        }
        pthread_mutex_lock(&changes->lock);
        change->state = CHANGE_DONE;
        pthread_mutex_unlock(&changes->lock);
        uint64_t one = 1;
        ssize_t woken = write(changes->wake, &one, sizeof(one));
        (void)woken; // it cannot fail: the count never comes near its limit
    }
}
