// SPDX-License-Identifier: Apache-2.0
// The agent's side of the history: opened from the configuration, told of records, its messages
// logged. All calls are for the agent thread; without history.file they do nothing.
#ifndef WEIR_HISTORY_LINK_H
#define WEIR_HISTORY_LINK_H

#include "agent/config/config.h"
#include "agent/history/history.h"
#include "agent/log/log.h"

struct history_link {
    struct history *history; // NULL: there is none
    struct log *log;
};

// Opens nothing on disk yet. 0 or a negative errno with a message; takes a zeroed one.
int history_link_open(struct history_link *link, const struct config *config, struct log *log,
                      struct error *err);

// Opens the file, as the user whom it is to belong to. One that is there by default and cannot be
// had is only logged. 0 or a negative errno with a message.
int history_link_start(struct history_link *link, const struct config *config, struct error *err);

void history_link_tell(struct history_link *link, const struct record *record, const char *json,
                       size_t bytes);

// Now and then: logs what the history has to say.
void history_link_turn(struct history_link *link);

// What it has counted; nothing where there is none.
void history_link_statistics(const struct history_link *link,
                             struct history_statistics *statistics);

// Writes what waits, says what was lost, closes the file.
void history_link_close(struct history_link *link);

#endif
