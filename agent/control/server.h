// SPDX-License-Identifier: Apache-2.0
// The server: one thread with libmicrohttpd and every connection to itself.
#ifndef WEIR_CONTROL_SERVER_H
#define WEIR_CONTROL_SERVER_H

#include "agent/control/control.h"

struct server;
struct MHD_Connection;

// Reads the certificate and the key, binds and listens; nothing is answered yet. 0, -EINVAL or
// another negative errno with a message; *server is untouched then.
int server_create(struct server **server, struct control *control,
                  const struct control_options *options, struct error *err);

// Starts the thread. 0 or a negative errno with a message.
int server_start(struct server *server, struct error *err);

// Ends the thread and all connections, after forward_stop. May be NULL.
void server_free(struct server *server);

// Server's thread: what this connection asked for goes on, and has taken what it was given.
void server_renew(struct server *server, struct MHD_Connection *connection);

unsigned server_port(const struct server *server);

#endif
