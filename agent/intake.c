// SPDX-License-Identifier: Apache-2.0
#include "agent/intake.h"

#include <errno.h>
#include <string.h>

#include "agent/wiring.h"
#include "dataplane/capture/gather.h"

int intake_open_files(struct intake *intake, const struct command *command, struct error *err)
{
    int code = capture_open_files(&intake->all, (const char *const *)command->files,
                                  command->file_count, command->speed, err);
    if (code == 0) {
        intake->streams[0] = intake->all;
        intake->stream_count = 1;
    }
    return code;
}

// Every `step`-th queue from `first` on as one stream.
static int stream_open(struct intake *intake, unsigned first, unsigned step, struct error *err)
{
    struct capture *queues[LIVE_QUEUES_MAX];
    uint8_t interfaces[LIVE_QUEUES_MAX];
    unsigned count = 0;
    for (unsigned i = first; i < live_queue_count(intake->live); i += step) {
        interfaces[count] = intake->live->queue_interface[i];
        queues[count++] = live_queue(intake->live, i);
    }
    int code = gather_open(&intake->streams[first], queues, interfaces, count, err);
    intake->stream_count += code == 0;
    return code;
}

static int streams_open(struct intake *intake, const struct config *config, struct error *err)
{
    unsigned queues = live_queue_count(intake->live);
    unsigned workers = (unsigned)config->workers;
    unsigned streams = config->capture.spread == CONFIG_SPREAD_FLOWS ? 1 : workers;
    if (queues < streams) {
        return error_set(err, -EINVAL,
                         "%u workers for %u receive queues: set workers to %u at most, give the "
                         "interface more queues (ethtool -L) or set capture.spread to flows",
                         workers, queues, queues);
    }
    int code =
        gather_open(&intake->all, intake->live->queues, intake->live->queue_interface, queues, err);
    for (unsigned i = 0; i < streams && code == 0; i++) {
        code = stream_open(intake, i, streams, err);
    }
    return code;
}

int intake_open_live(struct intake *intake, const struct config *config, struct error *err)
{
    struct live_options options = wiring_live(config);
    int code = live_open(&intake->live, &options, err);
    if (code == 0) {
        code = streams_open(intake, config, err);
    }
    if (code != 0) {
        intake_close(intake);
    }
    return code;
}

void intake_close(struct intake *intake)
{
    for (unsigned i = 0; i < intake->stream_count && intake->live != NULL; i++) {
        intake->streams[i]->ops->close(intake->streams[i]);
    }
    if (intake->all != NULL) {
        intake->all->ops->close(intake->all);
    }
    live_close(intake->live);
    *intake = (struct intake){0};
}
