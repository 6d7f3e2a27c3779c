// SPDX-License-Identifier: Apache-2.0
// What `weir run` does to itself while it starts, in the order of agent/privileges.h.
#ifndef WEIR_CONFINE_H
#define WEIR_CONFINE_H

#include "agent/config/config.h"
#include "agent/log/log.h"
#include "agent/privileges.h"
#include "agent/seccomp.h"

struct confine {
    const struct config *config;
    struct privileges privileges;
    struct seccomp_worker *worker; // NULL: threads are not filtered
    bool told;                     // that one could not be
};

// Before anything is opened: keeps this thread off the workers' CPUs, looks whether the rights are
// there, and lets no other program inherit them. All four: 0 or a negative errno with a message.
// Main thread.
int confine_begin(struct confine *confine, const struct config *config, const struct log *log,
                  struct error *err);

// When capture is open and nothing else.
int confine_narrow(const struct confine *confine, struct error *err);

// When all files are open, before Kafka's threads and ours start; as exporter_config wants it. No
// rights from here on.
int confine_drop(void *confine, struct error *err);

// When all is open, before the threads of ours start: few system calls from here on.
int confine_end(const struct confine *confine, const struct log *log, struct error *err);

// For struct workers_options, its context a struct confine: what each thread does to itself.
void confine_thread(void *context);

// Logs once where a thread could not be filtered; true then. Takes a zeroed one, too.
bool confine_listen(struct confine *confine, const struct log *log);

// After the workers' end. Takes a zeroed one, too.
void confine_fini(struct confine *confine);

#endif
