// SPDX-License-Identifier: Apache-2.0
// The server: one thread with libmicrohttpd and every connection to itself.
#ifndef WEIR_CONTROL_SERVER_H
#define WEIR_CONTROL_SERVER_H

#include "agent/control/control.h"

struct server;

// Reads the certificate and the key, binds and listens; nothing is answered yet. 0, -EINVAL or
// another negative errno with a message; *server is untouched then.
int server_create(struct server **server, struct control *control,
                  const struct control_options *options, struct error *err);

// Starts the thread. 0 or a negative errno with a message.
int server_start(struct server *server, struct error *err);

// Ends the thread and all connections. May be NULL.
void server_free(struct server *server);

unsigned server_port(const struct server *server);

#endif
