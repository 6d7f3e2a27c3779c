// SPDX-License-Identifier: Apache-2.0
// What the spool's threads have to say, until somebody takes it.
#ifndef WEIR_SPOOL_NOTES_H
#define WEIR_SPOOL_NOTES_H

#include <pthread.h>
#include <stdbool.h>

#include "dataplane/base/error.h"

enum { NOTES_MAX = 16 };

// Use the functions, not the members.
struct notes {
    pthread_mutex_t lock;
    unsigned first;
    unsigned count;
    struct error waiting[NOTES_MAX];
};

void notes_init(struct notes *notes);
void notes_fini(struct notes *notes);

// Any thread. Copies the text; it is lost where NOTES_MAX wait, since the oldest tell what began
// it.
void notes_put(struct notes *notes, const struct error *text);

// Any thread. Takes the oldest; false where there is none.
bool notes_take(struct notes *notes, struct error *text);

#endif
