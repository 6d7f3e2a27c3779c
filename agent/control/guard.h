// SPDX-License-Identifier: Apache-2.0
// Who may ask at all. Any thread.
#ifndef WEIR_CONTROL_GUARD_H
#define WEIR_CONTROL_GUARD_H

#include <stdbool.h>

#include "dataplane/base/endpoint.h"

struct guard {
    struct endpoint listen;
    const char *token; // NULL: none is asked for
    bool tls;
};

enum guard_verdict {
    GUARD_ADMITS,
    GUARD_FOREIGN_HOST,   // the name that the client looked up is not this host's: a web page may
                          // have led it here (DNS rebinding)
    GUARD_FOREIGN_ORIGIN, // a page of another site asks
    GUARD_NO_TOKEN,
    GUARD_WRONG_TOKEN,
};

// Judges by the values of three headers, each NULL where there was none.
enum guard_verdict guard_judge(const struct guard *guard, const char *host, const char *origin,
                               const char *authorization);

// What a reply says of it: status and message. Not for GUARD_ADMITS.
unsigned guard_status(enum guard_verdict verdict);
const char *guard_message(enum guard_verdict verdict);

#endif
