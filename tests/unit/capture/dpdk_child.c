// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/capture/dpdk_child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/capture/veth.h"

enum { SKIPPED = 77 };

static void run_alone(void **state)
{
    const struct dpdk_scenario *scenario = *state;
    scenario->run(scenario->argument);
}

// cmocka runs inside the child once more, so that what fails there is told as anywhere.
static int child_run(struct dpdk_scenario *scenario)
{
    const struct CMUnitTest alone[] = {{scenario->name, run_alone, NULL, NULL, scenario}};
    if (scenario->interfaces && !veth_namespace()) {
        print_message("%s: needs root\n", scenario->name);
        return SKIPPED;
    }
    return cmocka_run_group_tests_name(scenario->name, alone, NULL, NULL);
}

static void in_a_child(void **state)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct dpdk_scenario scenario = *(const struct dpdk_scenario *)*state;
        _exit(child_run(&scenario));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == SKIPPED) {
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

int dpdk_run(const struct dpdk_scenario *scenarios, size_t count)
{
    struct CMUnitTest *tests = calloc(count, sizeof(*tests));
    assert_non_null(tests);
    for (size_t i = 0; i < count; i++) {
        tests[i] =
            (struct CMUnitTest){scenarios[i].name, in_a_child, NULL, NULL, (void *)&scenarios[i]};
    }
    int failed = _cmocka_run_group_tests("dpdk", tests, count, NULL, NULL);
    free(tests);
    return failed;
}

struct live_options dpdk_bed_options(const char *const *names, size_t count)
{
    return (struct live_options){
        .kind = LIVE_DPDK,
        .interfaces = {names, count},
        .sockets = 1,
        .promiscuous = true,
        .ring = 512,
        .pages = MEMORY_PAGES_NEVER,
        .sampling = 1,
    };
}

struct live *dpdk_bed_open(const char *name)
{
    const char *const names[] = {name};
    struct live_options options = dpdk_bed_options(names, 1);
    return bed_open(&options);
}
