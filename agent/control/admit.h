// SPDX-License-Identifier: Apache-2.0
// What a request's line and headers decide before any of its body is taken. Server's thread.
#ifndef WEIR_CONTROL_ADMIT_H
#define WEIR_CONTROL_ADMIT_H

#include <microhttpd.h>

#include "agent/control/guard.h"
#include "agent/control/state.h"

// Whether the body may come; else the reply is made.
bool admit(struct control *control, const struct guard *guard, struct MHD_Connection *connection,
           const char *url, const char *method, struct reply *reply);

// The method's number; HEAD is a GET whose body libmicrohttpd keeps back. -1: it is another one.
int method_of(const char *name);

// Who asks, for the log.
void who_write(const struct guard *guard, struct MHD_Connection *connection, char who[WHO_MAX]);

#endif
