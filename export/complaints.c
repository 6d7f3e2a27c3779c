// SPDX-License-Identifier: Apache-2.0
#include "export/complaints.h"

void complaints_init(struct complaints *complaints)
{
    pthread_mutex_init(&complaints->lock, NULL);
    complaints->first = 0;
    complaints->count = 0;
}

void complaints_fini(struct complaints *complaints)
{
    pthread_mutex_destroy(&complaints->lock);
}

void complaints_put(struct complaints *complaints, enum sink_complaint kind, const char *text)
{
    pthread_mutex_lock(&complaints->lock);
    if (complaints->count < COMPLAINTS_MAX) {
        unsigned place = (complaints->first + complaints->count) % COMPLAINTS_MAX;
        complaints->waiting[place].kind = kind;
        error_set(&complaints->waiting[place].message, 0, "%s", text);
        complaints->count++;
    }
    pthread_mutex_unlock(&complaints->lock);
}

bool complaints_take(struct complaints *complaints, struct complaint *complaint)
{
    pthread_mutex_lock(&complaints->lock);
    bool taken = complaints->count > 0;
    if (taken) {
        *complaint = complaints->waiting[complaints->first];
        complaints->first = (complaints->first + 1) % COMPLAINTS_MAX;
        complaints->count--;
    }
    pthread_mutex_unlock(&complaints->lock);
    return taken;
}
