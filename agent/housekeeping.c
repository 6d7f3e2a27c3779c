// SPDX-License-Identifier: Apache-2.0
#include "agent/housekeeping.h"

#include "agent/accounts.h"
#include "agent/outlet.h"
#include "agent/reload.h"
#include "agent/signals.h"
#include "agent/state.h"
#include "dataplane/base/clock.h"

enum {
    HOUSEKEEPING_US = 50000,
    WATCH_US = 1000000,
};

void housekeeping_exporter(struct agent *agent)
{
    agent->failed |= outlet_listen(agent->exporter, &agent->log);
}

void housekeeping_stop(struct agent *agent)
{
    agent->stopping = true;
    agent->publisher.live = false; // what is left is waited for
    control_link_ready(&agent->control, "weir is stopping");
    workers_stop(agent->workers);
    exporter_limit(agent->exporter, agent->config->shutdown.timeout_us);
}

// An error is about one that is gone: that it is a failure is for the losses to say.
void housekeeping_capture(struct agent *agent)
{
    struct notice notice;
    while (live_notice(agent->intake.live, &notice)) {
        progress_clear(&agent->progress);
        if (notice.kind == LIVE_ERROR) {
            log_error(&agent->log, "capture", notice.message.text);
        } else if (notice.kind == LIVE_WARNING) {
            log_warning(&agent->log, "capture", notice.message.text);
        } else {
            log_info(&agent->log, "capture", notice.message.text);
        }
    }
}

static void live_look(struct agent *agent, int64_t now_us)
{
    if (now_us >= agent->watch_us) {
        agent->watch_us = now_us + WATCH_US;
        live_watch(agent->intake.live);
        housekeeping_capture(agent);
    }
}

bool housekeeping(struct agent *agent)
{
    int64_t now_us = clock_monotonic_us();
    if (now_us < agent->housekeeping_us) {
        return false;
    }
    agent->housekeeping_us = now_us + HOUSEKEEPING_US;
    progress_update(&agent->progress, workers_parsed(agent->workers), agent->publisher.records);
    housekeeping_exporter(agent);
    accounts_warn(agent);
    control_link_turn(&agent->control);
    history_link_turn(&agent->history);
    accounts_show(agent);
    agent->failed |= confine_listen(&agent->confine, &agent->log);
    if (agent->intake.live != NULL) {
        live_look(agent, now_us);
    }
    if (signals_hangup()) {
        json_t *taken = reload(agent->command, &agent->log, agent->exporter);
        control_link_config(&agent->control, taken);
        json_decref(taken);
    }
    if (!agent->stopping && signals_stop()) {
        log_info(&agent->log, "agent", "stopping: told to by a signal");
        housekeeping_stop(agent);
    }
    return true;
}
