// SPDX-License-Identifier: Apache-2.0
#include "dataplane/base/cpu.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

int cpu_pin(unsigned cpu, struct error *err)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (cpu < CPU_SETSIZE) {
        CPU_SET(cpu, &set);
    }
    int code = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
    if (code != 0) {
        return error_set(err, -code, "cannot pin a thread to CPU %u: %s", cpu, strerror(code));
    }
    return 0;
}

unsigned cpu_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) != 0) {
        return 1;
    }
    return (unsigned)CPU_COUNT(&set);
}

void cpu_thread_name(const char *name)
{
    char cut[16];
    snprintf(cut, sizeof(cut), "%s", name);
    pthread_setname_np(pthread_self(), cut);
}
