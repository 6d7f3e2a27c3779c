// SPDX-License-Identifier: Apache-2.0
// Where a server listens, as an operator writes it: an address and a port, or a socket in the file
// system.
#ifndef WEIR_BASE_ENDPOINT_H
#define WEIR_BASE_ENDPOINT_H

#include <stdbool.h>
#include <sys/socket.h>

#include "dataplane/base/error.h"

enum { ENDPOINT_TEXT_MAX = 128 }; // with its NUL

struct endpoint {
    struct sockaddr_storage address; // IPv4, IPv6 or AF_UNIX
    socklen_t bytes;                 // of it
};

// Reads "127.0.0.1:8471", "[::1]:8471" or "localhost:8471"; names are not looked up. 0, or -EINVAL
// with a message that says what was expected; *endpoint is untouched then.
int endpoint_read(struct endpoint *endpoint, const char *text, struct error *err);

// The same, or "unix:/PATH".
int endpoint_read_any(struct endpoint *endpoint, const char *text, struct error *err);

// The path of a socket in the file system; NULL: it is none.
const char *endpoint_path(const struct endpoint *endpoint);

// Whether only this host can reach it.
bool endpoint_is_loopback(const struct endpoint *endpoint);

// The port, in host byte order; 0 where it has none.
unsigned endpoint_port(const struct endpoint *endpoint);

// Whether `host`, an address in digits (an IPv6 one without its brackets), is the endpoint's.
bool endpoint_is_at(const struct endpoint *endpoint, const char *host);

// Writes it as endpoint_read_any reads it.
void endpoint_text(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_MAX]);

#endif
