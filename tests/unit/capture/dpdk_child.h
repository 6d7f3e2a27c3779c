// SPDX-License-Identifier: Apache-2.0
// DPDK starts only once in a process: each scenario runs in a child of its own.
#ifndef WEIR_TESTS_CAPTURE_DPDK_CHILD_H
#define WEIR_TESTS_CAPTURE_DPDK_CHILD_H

#include "tests/unit/capture/live_bed.h"

struct dpdk_scenario {
    const char *name;
    void (*run)(const void *argument);
    const void *argument;
    bool interfaces; // needs a network namespace of its own, and so root
};

// The tests of a program: those of `scenarios`. Returns how many failed.
int dpdk_run(const struct dpdk_scenario *scenarios, size_t count);

struct live_options dpdk_bed_options(const char *const *names, size_t count);

// One device, with dpdk_bed_options.
struct live *dpdk_bed_open(const char *name);

#endif
