// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/cores.h"
#include "dataplane/base/cpu.h"
#include "tests/unit/process/child.h"

static void lists_are_read_as_the_kernel_writes_them(void **state)
{
    static const struct {
        const char *text;
        int count; // -1: no list
        unsigned last;
    } cases[] = {
        {"", 0, 0},        {"\n", 0, 0},    {"0\n", 1, 0},   {"0-3,8\n", 5, 8},
        {"1023", 1, 1023}, {"2,4-5", 3, 5}, {"1024", -1, 0}, {"3-1\n", -1, 0},
        {"x", -1, 0},      {"1;2", -1, 0},  {"1-", -1, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cpu_set_t set;
        assert_int_equal(cores_parse(cases[i].text, &set), cases[i].count >= 0);
        if (cases[i].count > 0) {
            assert_int_equal(CPU_COUNT(&set), cases[i].count);
            assert_true(CPU_ISSET(cases[i].last, &set));
        }
    }
}

// What was logged since the last call.
static int log_pipe[2];

static const char *logged(void)
{
    static char text[8192];
    CHILD_ASSERT(write(log_pipe[1], "\n", 1) == 1);
    ssize_t size = read(log_pipe[0], text, sizeof(text) - 1);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

static int keep_away(unsigned *cpus, size_t count, unsigned threads, struct error *err)
{
    if (log_pipe[0] == 0) {
        CHILD_ASSERT(pipe(log_pipe) == 0);
    }
    struct log log = {log_pipe[1], LOG_FORMAT_TEXT, LOG_LEVEL_INFO};
    struct config_numbers numbers = {count, cpus};
    struct cores_options options = {.cores = &numbers, .threads = threads, .interface = "lo"};
    return cores_keep_away(&options, &log, err);
}

static unsigned first_of(const cpu_set_t *set)
{
    unsigned cpu = 0;
    while (!CPU_ISSET(cpu, set)) {
        cpu++;
    }
    return cpu;
}

static void the_main_thread_leaves_the_workers_cpu(void)
{
    cpu_set_t before;
    cpu_set_t after;
    sched_getaffinity(0, sizeof(before), &before);
    unsigned cpu = first_of(&before);
    CHILD_ASSERT(keep_away(&cpu, 1, 2, NULL) == 0);
    sched_getaffinity(0, sizeof(after), &after);
    CHILD_ASSERT(!CPU_ISSET(cpu, &after));
    CHILD_ASSERT(CPU_COUNT(&after) == CPU_COUNT(&before) - 1);
    const char *said = logged();
    CHILD_ASSERT(strstr(said, "fewer worker.cores than threads") != NULL);
    CHILD_ASSERT(strstr(said, "names every CPU") == NULL);
    // A worker may still be put there, though this thread is not.
    cpu_set_t one;
    CHILD_ASSERT(cpu_set_one(cpu, &one, NULL) == 0 && CPU_ISSET(cpu, &one));
    cpu_set_t still;
    sched_getaffinity(0, sizeof(still), &still);
    CHILD_ASSERT(CPU_EQUAL(&still, &after));
}

static void no_cpu_left_is_a_warning(void)
{
    cpu_set_t before;
    cpu_set_t after;
    unsigned cpus[CPU_SETSIZE];
    size_t count = 0;
    sched_getaffinity(0, sizeof(before), &before);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &before)) {
            cpus[count++] = cpu;
        }
    }
    CHILD_ASSERT(keep_away(cpus, count, 1, NULL) == 0);
    sched_getaffinity(0, sizeof(after), &after);
    CHILD_ASSERT(CPU_EQUAL(&before, &after));
    CHILD_ASSERT(strstr(logged(), "worker.cores names every CPU") != NULL);
}

static void a_cpu_that_is_not_there_is_an_error(void)
{
    cpu_set_t before;
    cpu_set_t after;
    struct error err = {0};
    unsigned cpu = CPU_SETSIZE - 1;
    sched_getaffinity(0, sizeof(before), &before);
    CHILD_ASSERT(keep_away(&cpu, 1, 1, &err) == -EINVAL);
    CHILD_ASSERT(strstr(err.text, "CPU 1023") != NULL);
    sched_getaffinity(0, sizeof(after), &after);
    CHILD_ASSERT(CPU_EQUAL(&before, &after));
}

static void no_cores_change_nothing(void)
{
    CHILD_ASSERT(keep_away(NULL, 0, 3, NULL) == 0);
    CHILD_ASSERT(strcmp(logged(), "\n") == 0);
}

static void run(void **state)
{
    child_run((void (*)(void))(uintptr_t)*state);
}

static void run_on_two(void **state)
{
    if (cpu_count() < 2) {
        skip();
    }
    run(state);
}

#define CHILD(runner, work)                                                                        \
    {                                                                                              \
#work, runner, NULL, NULL, (void *)(uintptr_t)(work)                                       \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read_as_the_kernel_writes_them),
        CHILD(run_on_two, the_main_thread_leaves_the_workers_cpu),
        CHILD(run, no_cpu_left_is_a_warning),
        CHILD(run, a_cpu_that_is_not_there_is_an_error),
        CHILD(run, no_cores_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
