// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_BASE_CPU_H
#define WEIR_BASE_CPU_H

#include <sched.h>

#include "dataplane/base/error.h"

// Makes the set that holds just this CPU. -EINVAL and a message, and *set untouched, when this
// process may not run there, wherever the calling thread is kept; that one moves there and back to
// find out.
int cpu_set_one(unsigned cpu, cpu_set_t *set, struct error *err);

// How many CPUs this process may run on.
unsigned cpu_count(void);

// Names the calling thread, for ps and debuggers (cut at 15 characters).
void cpu_thread_name(const char *name);

static inline void cpu_relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
