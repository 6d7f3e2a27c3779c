// SPDX-License-Identifier: Apache-2.0
// All that the agent thread has, for the files that make up its work: agent.c, housekeeping.c and
// accounts.c.
#ifndef WEIR_AGENT_STATE_H
#define WEIR_AGENT_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "agent/analysis.h"
#include "agent/collect/collect.h"
#include "agent/confine.h"
#include "agent/control_link.h"
#include "agent/history_link.h"
#include "agent/intake.h"
#include "agent/progress.h"
#include "agent/publisher.h"
#include "export/encode/json_text.h"

struct agent {
    const struct command *command;
    const struct config *config;
    struct log log;
    struct confine confine;
    struct intake intake;
    struct workers *workers;
    struct exporter *exporter;
    struct publisher publisher;
    struct analysis *analysis;
    struct control_link control;
    struct history_link history;
    struct json_text json;        // for the two above, where one is on
    struct pane_books pane_books; // of the pane told last
    uint64_t activity_shed;       // packets, of all panes told
    int64_t pane_delay_us;        // live: from its end to its window
    int64_t began_us;
    struct collect *collect;
    FILE *summary; // NULL: the books go nowhere
    struct progress progress;
    int64_t housekeeping_us; // when it is due
    int64_t watch_us;        // the same for a look at the interfaces
    bool stopping;
    bool failed; // something was said that makes the exit status 1
};

#endif
