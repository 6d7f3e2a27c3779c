// SPDX-License-Identifier: Apache-2.0
// Which CPUs the threads beside the workers run on, and whether worker.cores was a good choice.
#ifndef WEIR_CORES_H
#define WEIR_CORES_H

#include <sched.h>

#include "agent/config/config.h"
#include "agent/log/log.h"
#include "dataplane/base/error.h"

struct cores_options {
    const struct config_numbers *cores; // worker.cores; none: nothing is done
    unsigned threads;                   // of the dataplane, each to have one
    const char *interface;              // whose NUMA node counts; NULL: none
};

// Keeps the calling thread, and so all threads that it starts, off the workers' CPUs, and warns of
// choices that cost speed: no CPU left for the others, fewer CPUs than threads, CPUs that the
// kernel gives to other programs, too, CPUs of another NUMA node than the interface. 0, or -EINVAL
// and a message: one is not a CPU that this process may run on. Main thread, before any other one.
int cores_keep_away(const struct cores_options *options, const struct log *log, struct error *err);

// The CPUs of a list such as the kernel writes, "0-3,8\n". False where it is none.
bool cores_parse(const char *text, cpu_set_t *set);

#endif
