// SPDX-License-Identifier: Apache-2.0
// Messages for a person, handed from the thread that noticed something to the one that logs.
#ifndef WEIR_BASE_NOTICES_H
#define WEIR_BASE_NOTICES_H

#include <pthread.h>
#include <stdbool.h>

#include "dataplane/base/error.h"

// Live capture opens all its interfaces before anyone takes what there is to tell of each.
enum { NOTICES_MAX = 160 };

struct notice {
    unsigned kind; // whatever it means to those who put and take
    struct error message;
};

// The oldest are kept: they tell what began it. Use the functions, not the members.
struct notices {
    pthread_mutex_t lock;
    unsigned first;
    unsigned count;
    struct notice waiting[NOTICES_MAX];
};

void notices_init(struct notices *notices);
void notices_fini(struct notices *notices);

// Any thread. `text` is copied, and lost where NOTICES_MAX are waiting.
void notices_put(struct notices *notices, unsigned kind, const char *text);

// Any thread. Takes the oldest; false where there is none.
bool notices_take(struct notices *notices, struct notice *notice);

#endif
