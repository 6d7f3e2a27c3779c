// SPDX-License-Identifier: Apache-2.0
// Where packets come from, as the streams that workers read: files as one, or the queues of live
// interfaces as the configuration spreads them.
#ifndef WEIR_INTAKE_H
#define WEIR_INTAKE_H

#include "agent/config/command.h"
#include "dataplane/capture/live.h"
#include "dataplane/worker/workers.h"

struct intake {
    struct live *live;   // NULL: files
    struct capture *all; // everything, for its statistics and losses
    struct capture *streams[WORKERS_MAX];
    unsigned stream_count; // one, or one for each worker
};

// Both: 0, or a negative errno with a message and *intake as it was (zeroed). A file that is a pipe
// is waited for.
int intake_open_files(struct intake *intake, const struct command *command, struct error *err);
int intake_open_live(struct intake *intake, const struct config *config, struct error *err);

// Takes a zeroed one, too.
void intake_close(struct intake *intake);

#endif
