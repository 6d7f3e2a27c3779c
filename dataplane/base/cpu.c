// SPDX-License-Identifier: Apache-2.0
#include "dataplane/base/cpu.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

// Whether the kernel lets the process run there. What the calling thread was given says nothing
// about it: it may have been kept off just this CPU, so that another thread has it alone.
static bool cpu_is_usable(const cpu_set_t *set)
{
    cpu_set_t mine;
    if (sched_getaffinity(0, sizeof(mine), &mine) != 0) {
        return false;
    }
    bool usable = sched_setaffinity(0, sizeof(*set), set) == 0;
    sched_setaffinity(0, sizeof(mine), &mine);
    return usable;
}

int cpu_set_one(unsigned cpu, cpu_set_t *set, struct error *err)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    if (cpu < CPU_SETSIZE) {
        CPU_SET(cpu, &one);
    }
    if (cpu >= CPU_SETSIZE || !cpu_is_usable(&one)) {
        return error_set(err, -EINVAL,
                         "CPU %u is not one that this process may run on; see "
                         "/sys/devices/system/cpu/online, and cpuset.cpus.effective of its cgroup",
                         cpu);
    }
    *set = one;
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
