// SPDX-License-Identifier: Apache-2.0
// Which system calls weir run can make once everything is open: one list for the whole process, and
// a short one that each thread which handles packets puts on itself on top.
//
// A call that is on no list fails with EPERM. It does not end the process: a library's newer
// version may try a call that is not known here, and finds another way or says what it lacks, while
// the sensor goes on. Nothing is gained by trying: what would lead out of the process (execve,
// ptrace, mounts, bpf programs, kernel modules, keys, new namespaces, raw and other unusual
// sockets) is refused each time. clone3 is answered with ENOSYS, since its flags cannot be looked
// at; the C library then uses clone, of which only threads are let pass.
//
// Where AddressSanitizer is built in, nothing is put on: its search for leaks at exit forks and
// traces.
#ifndef WEIR_SECCOMP_H
#define WEIR_SECCOMP_H

#include <stdbool.h>

#include "agent/config/config.h"
#include "dataplane/base/error.h"

// Whether this build can be filtered at all.
bool seccomp_possible(void);

struct seccomp_worker;

// Prepares the filter for threads that read such a source. 0, or a negative errno with a message.
// Before seccomp_process.
int seccomp_worker_create(struct seccomp_worker **worker, enum config_source source,
                          struct error *err);

// Puts the filter on the calling thread. Allocates nothing; after seccomp_process.
void seccomp_worker_enter(struct seccomp_worker *worker);

// Whether a thread could not be filtered; it runs all the same. Any thread.
bool seccomp_worker_failed(const struct seccomp_worker *worker);

// After the threads have ended. May be NULL.
void seccomp_worker_free(struct seccomp_worker *worker);

// Filters all threads of the process, those that run and those to come. 0 or a negative errno with
// a message, and then no other thread is filtered. Sets no_new_privs. Main thread.
int seccomp_process(enum config_source source, struct error *err);

#endif
