// SPDX-License-Identifier: Apache-2.0
// The agent's side of the control API: leaves there what clients are shown, and does what they ask
// for. All calls are for the agent thread; without control.listen they do nothing.
#ifndef WEIR_CONTROL_LINK_H
#define WEIR_CONTROL_LINK_H

#include "agent/books.h"
#include "agent/config/config.h"
#include "agent/history/history.h"
#include "agent/log/log.h"
#include "agent/metrics.h"
#include "agent/query/query_set.h"
#include "export/record/record.h"

struct control_link {
    struct control *control; // NULL: there is none
    struct log *log;
    int64_t books_us; // when they are due again
};

// Reads the certificate and binds, with the rights that it takes. A default address that cannot be
// had is only logged. 0 or a negative errno with a message; takes a zeroed one.
int control_link_open(struct control_link *link, const struct config *config,
                      struct query_set *queries, struct history *history, struct log *log,
                      struct error *err);
void control_link_close(struct control_link *link);

// Begins to serve, when no more rights are needed. 0 or a negative errno with a message.
int control_link_start(struct control_link *link, struct error *err);

void control_link_tell(struct control_link *link, const struct record *record, const char *json,
                       size_t bytes);

// These options, name: value, are so from now on: clients are shown them.
void control_link_config(struct control_link *link, const struct json_t *options);

// Often: does what clients want to be changed, and logs it.
void control_link_turn(struct control_link *link);

// True once a second: it is time for the next two.
bool control_link_wants_books(struct control_link *link);
void control_link_books(struct control_link *link, const struct books *books);
void control_link_metrics(struct control_link *link, const struct metrics *metrics,
                          const char *sensor);

// Whether packets are taken; `why_not` is for clients where they are not.
void control_link_ready(struct control_link *link, const char *why_not);

#endif
