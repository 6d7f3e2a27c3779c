// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/process/child.h"

#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { CHILD_FAILED = 77 };

void child_assert(bool holds, const char *condition, const char *file, int line)
{
    if (!holds) {
        fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
        _exit(CHILD_FAILED);
    }
}

void child_run(void (*work)(void))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        work();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static bool status_has(const char *tid, const char *name, const char *value)
{
    char path[300];
    char line[256];
    bool found = false;
    snprintf(path, sizeof(path), "/proc/self/task/%s/status", tid);
    FILE *file = fopen(path, "re");
    CHILD_ASSERT(file != NULL);
    while (fgets(line, sizeof(line), file) != NULL) {
        size_t length = strlen(name);
        line[strcspn(line, "\n")] = '\0';
        found |= strncmp(line, name, length) == 0 && line[length] == ':' &&
                 strcmp(line + length + 2, value) == 0;
    }
    fclose(file);
    return found;
}

unsigned child_threads_with(const char *name, const char *value)
{
    unsigned count = 0;
    DIR *tasks = opendir("/proc/self/task");
    CHILD_ASSERT(tasks != NULL);
    struct dirent *entry;
    while ((entry = readdir(tasks)) != NULL) {
        count +=
            entry->d_name[0] != '.' && (name == NULL || status_has(entry->d_name, name, value));
    }
    closedir(tasks);
    return count;
}

unsigned child_threads(void)
{
    return child_threads_with(NULL, NULL);
}

static void *rest(void *argument)
{
    (void)argument;
    for (;;) {
        pause();
    }
    return NULL;
}

void child_thread(bool blocks_signals)
{
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(blocks_signals ? SIG_SETMASK : SIG_UNBLOCK, blocks_signals ? &all : NULL,
                    &before);
    CHILD_ASSERT(pthread_create(&thread, NULL, rest, NULL) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
