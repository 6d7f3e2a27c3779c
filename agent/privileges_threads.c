// SPDX-License-Identifier: Apache-2.0
#include "agent/privileges_threads.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dataplane/base/clock.h"

enum { ANSWER_US = 1000000, STEP_US = 1000 };

struct thread_rights {
    uint64_t permitted;
    uint64_t effective;
    char name[32];
};

// A line of a status file: "CapPrm:\t00000000000000ff\n".
static bool status_line(const char *line, struct thread_rights *rights)
{
    if (strncmp(line, "CapPrm:", 7) == 0) {
        rights->permitted = strtoull(line + 7, NULL, 16);
        return true;
    }
    if (strncmp(line, "CapEff:", 7) == 0) {
        rights->effective = strtoull(line + 7, NULL, 16);
        return true;
    }
    if (strncmp(line, "Name:", 5) == 0) {
        snprintf(rights->name, sizeof(rights->name), "%.*s", (int)strcspn(line + 6, "\n"),
                 line + 6);
        return true;
    }
    return false;
}

// 1: read; 0: the thread has ended; else a negative errno.
static int rights_read(pid_t tid, struct thread_rights *rights)
{
    char path[64];
    char line[256];
    int found = 0;
    *rights = (struct thread_rights){0};
    snprintf(path, sizeof(path), "/proc/self/task/%d/status", (int)tid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return errno == ENOENT || errno == ESRCH ? 0 : -errno;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        found += status_line(line, rights);
    }
    fclose(file);
    return found == 3 ? 1 : 0;
}

// In a signal's handler: one system call, and errno kept.
static void rights_give_up(int number)
{
    (void)number;
    int before = errno;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    syscall(SYS_capset, &header, none);
    errno = before;
}

// Waits until the thread has no right left, or has ended.
static int thread_strip(pid_t tid, struct error *err)
{
    struct thread_rights rights;
    int64_t until_us = clock_monotonic_us() + ANSWER_US;
    bool asked = false;
    int code;
    while ((code = rights_read(tid, &rights)) == 1 && (rights.permitted | rights.effective) != 0) {
        if (!asked) {
            asked = true;
            syscall(SYS_tgkill, getpid(), tid, SIGUSR2);
        } else if (clock_monotonic_us() > until_us) {
            return error_set(err, -ETIMEDOUT,
                             "the thread %s keeps its capabilities (%llx); weir does not go on "
                             "with them",
                             rights.name, (unsigned long long)rights.permitted);
        } else {
            clock_sleep_us(STEP_US);
        }
    }
    return code < 0
               ? error_set(err, code, "cannot see a thread's capabilities: %s", strerror(-code))
               : 0;
}

static int threads_strip(DIR *stream, struct error *err)
{
    int code = 0;
    struct dirent *entry;
    while (code == 0 && (entry = readdir(stream)) != NULL) {
        if (isdigit((unsigned char)entry->d_name[0])) {
            code = thread_strip((pid_t)atoi(entry->d_name), err);
        }
    }
    return code;
}

int threads_without_rights(struct error *err)
{
    DIR *stream = opendir("/proc/self/task");
    if (stream == NULL) {
        return error_set(err, -errno, "cannot see the process' threads: %s", strerror(errno));
    }
    struct sigaction before;
    struct sigaction action = {.sa_handler = rights_give_up, .sa_flags = SA_RESTART};
    sigaction(SIGUSR2, &action, &before);
    int code = threads_strip(stream, err);
    sigaction(SIGUSR2, &before, NULL);
    closedir(stream);
    return code;
}
