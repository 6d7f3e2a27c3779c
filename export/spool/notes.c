// SPDX-License-Identifier: Apache-2.0
#include "export/spool/notes.h"

void notes_init(struct notes *notes)
{
    pthread_mutex_init(&notes->lock, NULL);
    notes->first = 0;
    notes->count = 0;
}

void notes_fini(struct notes *notes)
{
    pthread_mutex_destroy(&notes->lock);
}

void notes_put(struct notes *notes, const struct error *text)
{
    pthread_mutex_lock(&notes->lock);
    if (notes->count < NOTES_MAX) {
        notes->waiting[(notes->first + notes->count++) % NOTES_MAX] = *text;
    }
    pthread_mutex_unlock(&notes->lock);
}

bool notes_take(struct notes *notes, struct error *text)
{
    pthread_mutex_lock(&notes->lock);
    bool taken = notes->count > 0;
    if (taken) {
        *text = notes->waiting[notes->first];
        notes->first = (notes->first + 1) % NOTES_MAX;
        notes->count--;
    }
    pthread_mutex_unlock(&notes->lock);
    return taken;
}
