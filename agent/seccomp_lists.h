// SPDX-License-Identifier: Apache-2.0
// The system calls that pass. For seccomp.c.
#ifndef WEIR_SECCOMP_LISTS_H
#define WEIR_SECCOMP_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A call that passes where its argument is as said: (argument & mask) == value.
struct seccomp_limited {
    int call;
    unsigned argument;
    uint64_t mask;
    uint64_t value;
};

struct seccomp_list {
    const int *calls; // pass whatever their arguments
    size_t call_count;
    const struct seccomp_limited *limited; // each of a call's rows is one more way to pass
    size_t limited_count;
};

extern const struct seccomp_list seccomp_process_list;
extern const struct seccomp_list seccomp_worker_list;
extern const struct seccomp_list seccomp_dpdk_list; // on top of either, where DPDK's threads run

#endif
