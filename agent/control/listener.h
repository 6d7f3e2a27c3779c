// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_CONTROL_LISTENER_H
#define WEIR_CONTROL_LISTENER_H

#include "dataplane/base/endpoint.h"

// A socket that listens there and does not block; *endpoint gets the port that it has. A negative
// errno with a message where there is none. See also listener_local.h.
int listener_open(struct endpoint *endpoint, struct error *err);

// So that as many connections fit as a server takes: the process may open more files, if it is
// allowed to. Returns how many of `wanted` may be connections, which leaves half of all to others.
unsigned listener_room(unsigned wanted);

#endif
