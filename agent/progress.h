// SPDX-License-Identifier: Apache-2.0
// One line on the terminal that says how far it is; nothing where standard error is no terminal.
#ifndef WEIR_PROGRESS_H
#define WEIR_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown;
    int64_t next_us;
    int64_t last_us;
    uint64_t last_packets;
};

void progress_init(struct progress *progress);

// To be called often; draws twice a second.
void progress_update(struct progress *progress, uint64_t packets, uint64_t records);

// Wipes the line.
void progress_clear(struct progress *progress);

#endif
