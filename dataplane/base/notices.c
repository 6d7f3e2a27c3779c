// SPDX-License-Identifier: Apache-2.0
#include "dataplane/base/notices.h"

void notices_init(struct notices *notices)
{
    pthread_mutex_init(&notices->lock, NULL);
    notices->first = 0;
    notices->count = 0;
}

void notices_fini(struct notices *notices)
{
    pthread_mutex_destroy(&notices->lock);
}

void notices_put(struct notices *notices, unsigned kind, const char *text)
{
    pthread_mutex_lock(&notices->lock);
    if (notices->count < NOTICES_MAX) {
        unsigned place = (notices->first + notices->count) % NOTICES_MAX;
        notices->waiting[place].kind = kind;
        error_set(&notices->waiting[place].message, 0, "%s", text);
        notices->count++;
    }
    pthread_mutex_unlock(&notices->lock);
}

bool notices_take(struct notices *notices, struct notice *notice)
{
    pthread_mutex_lock(&notices->lock);
    bool taken = notices->count > 0;
    if (taken) {
        *notice = notices->waiting[notices->first];
        notices->first = (notices->first + 1) % NOTICES_MAX;
        notices->count--;
    }
    pthread_mutex_unlock(&notices->lock);
    return taken;
}
