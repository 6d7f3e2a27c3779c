// SPDX-License-Identifier: Apache-2.0
// One request as libmicrohttpd hands it over, piece by piece, and the reply to it. Server's thread.
#ifndef WEIR_CONTROL_EXCHANGE_H
#define WEIR_CONTROL_EXCHANGE_H

#include <microhttpd.h>

#include "agent/control/guard.h"
#include "agent/control/state.h"

struct exchange {
    struct control *control;
    struct MHD_Connection *connection;
    const struct guard *guard;
    char *body;
    size_t body_bytes;
    size_t body_room;
    size_t dropped;        // octets of a body that is not wanted
    struct change *change; // that is waited for; the mailbox's until `changed`
    bool changed;
    struct errand *errand; // the same; the forward's until `returned`
    bool returned;
    char who[WHO_MAX];
};

// What libmicrohttpd calls for each piece (MHD_AccessHandlerCallback): the first time *exchange is
// NULL.
enum MHD_Result exchange_take(struct control *control, const struct guard *guard,
                              struct MHD_Connection *connection, const char *url,
                              const char *method, const char *upload, size_t *upload_bytes,
                              struct exchange **exchange);

// The change that it waits for is done: it goes on.
void exchange_resume(struct change *change);

// The same of an errand that is done, or will never be.
void exchange_return(struct errand *errand);

// Its end, however it came. May be NULL.
void exchange_free(struct exchange *exchange);

#endif
