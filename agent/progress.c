// SPDX-License-Identifier: Apache-2.0
#include "agent/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "dataplane/base/clock.h"

enum { PERIOD_US = 500000 };

void progress_init(struct progress *progress)
{
    int64_t now_us = clock_monotonic_us();
    *progress = (struct progress){
        .next_us = isatty(STDERR_FILENO) ? now_us + PERIOD_US : INT64_MAX,
        .last_us = now_us,
    };
}

void progress_update(struct progress *progress, uint64_t packets, uint64_t records)
{
    int64_t now_us = clock_monotonic_us();
    if (now_us < progress->next_us) {
        return;
    }
    double rate =
        (double)(packets - progress->last_packets) * 1e6 / (double)(now_us - progress->last_us);
    fprintf(stderr, "\r\033[K%" PRIu64 " packets, %.2f M/s, %" PRIu64 " records", packets,
            rate / 1e6, records);
    progress->shown = true;
    progress->last_us = now_us;
    progress->last_packets = packets;
    progress->next_us = now_us + PERIOD_US;
}

void progress_clear(struct progress *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", stderr);
        progress->shown = false;
    }
}
