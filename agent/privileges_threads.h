// SPDX-License-Identifier: Apache-2.0
// Capabilities belong to threads, and capset(2) reaches no thread but its caller. For privileges.c.
#ifndef WEIR_PRIVILEGES_THREADS_H
#define WEIR_PRIVILEGES_THREADS_H

#include "dataplane/base/error.h"

// Has every other thread of the process give up its capabilities, by a signal whose handler does
// it, and looks at each until none is left: 0, or a negative errno and a message, -ETIMEDOUT where
// a thread still has some after a second (it may block the signal). A system call that a signal
// interrupts may fail with EINTR in those threads. Main thread.
int threads_without_rights(struct error *err);

#endif
