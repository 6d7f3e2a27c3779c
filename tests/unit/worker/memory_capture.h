// SPDX-License-Identifier: Apache-2.0
// A capture source in memory. What it lends is copied to the heap and freed at the release, octet
// by octet as long as the packet: reading past a packet's end or after its release shows.
#ifndef WEIR_TESTS_WORKER_MEMORY_CAPTURE_H
#define WEIR_TESTS_WORKER_MEMORY_CAPTURE_H

#include <stddef.h>

#include "dataplane/capture/capture.h"
#include "tests/unit/worker/frame.h"

// Frames are of interfaces by the last of their times, so that each is of the same in every run.
enum { MEMORY_INTERFACES = 3 };

struct memory_capture {
    struct capture capture;
    const struct frame *frames; // the caller's
    size_t count;
    unsigned burst_max;
    int64_t again_us; // over 0: endless, the frames come again this much later

    size_t next;
    int64_t later_us;
    unsigned calls;
    int cpus; // that the thread which reads may run on
    struct packet lent[CAPTURE_BURST_MAX];
    unsigned lent_count;
    struct capture_stats stats;
    bool ended;
    struct capture *list[1]; // itself, for struct workers_options
};

// Sets the operations and the list; the other members of the first half are the caller's to set.
void memory_capture_init(struct memory_capture *source);

#endif
