// SPDX-License-Identifier: Apache-2.0
// The control API: HTTP and JSON under /api/v1. Its server runs on threads of its own and never has
// the agent thread wait for a client: what is read comes from copies that the agent thread leaves
// here, what is changed goes through query_set (any thread) or waits for control_poll.
#ifndef WEIR_CONTROL_CONTROL_H
#define WEIR_CONTROL_CONTROL_H

#include <jansson.h>

#include "agent/history/history.h"
#include "agent/query/query_set.h"
#include "dataplane/base/error.h"
#include "dataplane/base/notices.h"
#include "export/record/record.h"

// A generator of traffic in this process, as clients see and change it. Called by the server's
// thread, which everybody waits for meanwhile: a second at most. What is refused changes nothing:
// -EINVAL, or another negative errno, with a message.
struct control_generator {
    json_t *(*show)(void *context); // for the caller to release; NULL: no memory
    int (*change)(void *context, json_t *members, struct error *err);
    // Something odd, from now on. *begun is as `show` lists it.
    int (*order)(void *context, json_t *order, json_t **begun, struct error *err);
    void *context;
};

struct control_options {
    const char *listen;      // "127.0.0.1:8471", "[::1]:8471", "unix:/PATH"; port 0: any
    const char *listen_name; // what the operator calls that, for messages
    const char *token;       // NULL: none, which only loopback allows
    const char *token_name;
    const char *certificate; // files in PEM; both NULL: no TLS
    const char *key;
    const char *sensor;
    struct query_set *queries; // the caller's; lives longer. NULL: this is no sensor
    struct history *history;   // the same; NULL: none is kept
    struct json_t *config;     // every option as it was written, copied; NULL: none
    const struct control_generator *generator; // the caller's; lives longer. NULL: none here...
    const char *generator_at;                  // ...but there, as of control.generator; NULL: none
    const char *generator_token;               // to be shown there; NULL: none
    unsigned windows_kept;                     // records of each kind that are kept for clients
    void (*thread_ready)(void *); // called by each thread of the server first; may be NULL
    void *context;
};

struct control;

// Reads certificate and key, and binds: with the rights that these files and the port need. Nothing
// is answered yet. May raise how many files the process may open. 0; -EINVAL (what was asked for
// cannot be, as a far address without a token) or another negative errno, with a message; *control
// is untouched then.
int control_create(struct control **control, const struct control_options *options,
                   struct error *err);

// Begins to serve: one thread, and one for a generator elsewhere; neither needs rights. Once. 0 or
// a negative errno with a message.
int control_start(struct control *control, struct error *err);

// Ends the server and its connections. May be NULL.
void control_free(struct control *control);

// The port that it serves; 0 where it is a socket in the file system.
unsigned control_port(const struct control *control);

// Agent thread, never waits for a client: a record that has just been made, of any type but flow.
// `json` is the record's text (json_text.h), NULL where there was no memory for it; copied.
void control_tell(struct control *control, const struct record *record, const char *json,
                  size_t bytes);

// Agent thread: the books as of now, a JSON object; the reference is taken over.
void control_books(struct control *control, json_t *books);

// Agent thread: the text of /metrics as of now, copied.
void control_metrics(struct control *control, const char *text, size_t bytes);

// Agent thread: whether packets are being taken and records given away, for /api/v1/ready.
void control_ready(struct control *control, bool ready, const char *why_not);

// Agent thread: these options, name: value, are so from now on, whoever has changed them.
void control_config(struct control *control, const json_t *options);

// Agent thread, often: does what clients want options to be, and lets them know. For each wish
// `set` is called with all options to be looked at, and only where none is refused with all of them
// to be taken. It says 0, or -EINVAL or -EBUSY with a message.
enum control_step { CONTROL_LOOKS, CONTROL_TAKES };
typedef int control_setter(void *context, enum control_step step, const char *name, json_t *value,
                           struct error *err);
void control_poll(struct control *control, control_setter *set, void *context);

// Agent thread: takes the next line for the log (every change, with who asked). False: none.
bool control_notice(struct control *control, struct notice *notice);

#endif
