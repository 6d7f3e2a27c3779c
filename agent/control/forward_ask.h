// SPDX-License-Identifier: Apache-2.0
// How a request is handed on to a generator's API: over libcurl, one at a time. One thread; blocks
// for ERRAND_PATIENCE_MS at most.
#ifndef WEIR_CONTROL_FORWARD_ASK_H
#define WEIR_CONTROL_FORWARD_ASK_H

#include <stdatomic.h>

#include "agent/control/forward.h"

struct asker {
    char *at;                    // as it was given
    char *url;                   // without a path
    char *authorization;         // the header; NULL: none
    const atomic_bool *stopping; // ends what is under way
    void *curl;
};

// The thread that goes on to use it need not be the one that makes it. 0 or a negative errno with a
// message.
int asker_init(struct asker *asker, const char *at, const char *token, const atomic_bool *stopping,
               struct error *err);
void asker_fini(struct asker *asker);

// Fills the errand's status and answer: those of the generator, or 502 or 504 and an error that
// says why there are none.
void asker_ask(struct asker *asker, struct errand *errand);

// Does the same of one that has waited too long for others to be done.
void asker_give_up(const struct asker *asker, struct errand *errand);

#endif
