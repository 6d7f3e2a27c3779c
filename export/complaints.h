// SPDX-License-Identifier: Apache-2.0
// Messages for a person, handed from the thread that noticed something to the one that logs.
#ifndef WEIR_EXPORT_COMPLAINTS_H
#define WEIR_EXPORT_COMPLAINTS_H

#include <pthread.h>
#include <stdbool.h>

#include "dataplane/base/error.h"
#include "export/sink/sink.h"

enum { COMPLAINTS_MAX = 16 };

struct complaint {
    enum sink_complaint kind;
    struct error message;
};

// The oldest are kept: they tell what began it. Use the functions, not the members.
struct complaints {
    pthread_mutex_t lock;
    unsigned first;
    unsigned count;
    struct complaint waiting[COMPLAINTS_MAX];
};

void complaints_init(struct complaints *complaints);
void complaints_fini(struct complaints *complaints);

// Any thread. `text` is copied, and lost where COMPLAINTS_MAX are waiting.
void complaints_put(struct complaints *complaints, enum sink_complaint kind, const char *text);

// Any thread. Takes the oldest; false where there is none.
bool complaints_take(struct complaints *complaints, struct complaint *complaint);

#endif
