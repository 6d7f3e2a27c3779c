// SPDX-License-Identifier: Apache-2.0
// A server's socket in the file system, which reaches across network namespaces.
//
// Whoever can write to it may use it. It is made as the owner of the directory that it lies in, for
// him alone (mode 0600), and with no more rights than he has: so root can serve who has given up
// root's rights, and nothing is handed to anyone who could not have made it himself.
#ifndef WEIR_CONTROL_LISTENER_LOCAL_H
#define WEIR_CONTROL_LISTENER_LOCAL_H

#include "dataplane/base/endpoint.h"

// Listens there and does not block. A socket that nobody listens on any more is replaced. A
// negative errno with a message where that cannot be. Sets the process' umask for a moment: for the
// main thread, before others make files.
int listener_local_open(const struct endpoint *endpoint, struct error *err);

// Takes it out of the file system again.
void listener_local_remove(const struct endpoint *endpoint);

#endif
