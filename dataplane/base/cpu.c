// SPDX-License-Identifier: Apache-2.0
#include "dataplane/base/cpu.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

int cpu_set_one(unsigned cpu, cpu_set_t *set, struct error *err)
{
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    sched_getaffinity(0, sizeof(allowed), &allowed);
    if (cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &allowed)) {
        return error_set(err, -EINVAL,
                         "CPU %u is not one that this process may run on; see 'nproc' and "
                         "'taskset -p $$'",
                         cpu);
    }
    CPU_ZERO(set);
    CPU_SET(cpu, set);
    return 0;
}

unsigned cpu_count(void)
{
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    sched_getaffinity(0, sizeof(allowed), &allowed);
    int count = CPU_COUNT(&allowed);
    return count > 0 ? (unsigned)count : 1;
}

void cpu_thread_name(const char *name)
{
    char cut[16];
    snprintf(cut, sizeof(cut), "%s", name);
    pthread_setname_np(pthread_self(), cut);
}
