// SPDX-License-Identifier: Apache-2.0
// What stands behind the API. For the files of this room only.
#ifndef WEIR_CONTROL_STATE_H
#define WEIR_CONTROL_STATE_H

#include "agent/control/change.h"
#include "agent/control/control.h"
#include "agent/control/events.h"
#include "agent/control/forward.h"
#include "agent/control/http.h"
#include "agent/control/store.h"
#include "agent/control/stream.h"

#define API_ROOT "/api/v1"

struct server;

struct control {
    struct store store;
    pthread_mutex_t anomalies; // what happens to one is told in the order it happens
    struct changes changes;
    struct events events;
    struct streams streams; // server's thread
    struct notices notices;
    atomic_uint untold;                        // notices that are not yet taken
    struct query_set *queries;                 // NULL: this is no sensor
    struct history *history;                   // NULL: none
    const struct control_generator *generator; // NULL: none in this process
    struct forward *forward;                   // to one elsewhere; NULL: none
    pthread_mutex_t config_lock;
    json_t *config; // with config_lock: name: value
    struct text *openapi;
    struct text *readiness; // agent thread: what was last said of it; NULL: nothing
    struct budget budget;   // server's thread
    int64_t began_us;       // monotonic
    int wake;               // eventfd: the server's thread has something to look at
    struct server *server;
};

// Server's thread. Whether one more change can be logged: none is made that could not be.
bool control_can_tell(const struct control *control);

// What /ready says, held for the caller. NULL: no memory.
struct text *control_ready_text(bool ready, const char *why_not);

// Agent thread: the record of an anomaly, whose text is the caller's still.
void control_anomaly(struct control *control, const struct record_anomaly *anomaly,
                     struct text *text);

// Server's thread: a line for the log.
void control_log(struct control *control, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Server's thread: everything of it but the network, for the server and for tests. `control_open`
// is the part of control_create that needs neither sockets nor files.
int control_open(struct control **control, const struct control_options *options,
                 struct error *err);

#endif
