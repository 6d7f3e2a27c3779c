// SPDX-License-Identifier: Apache-2.0
// An API with a set of queries behind it, and a client that speaks to it over loopback.
#ifndef WEIR_TESTS_CONTROL_API_H
#define WEIR_TESTS_CONTROL_API_H

#include <stdatomic.h>

#include "agent/control/control.h"
#include "export/encode/json_text.h"

struct api {
    struct prefix_set internal;
    struct query_set *queries;
    struct control *control;
    struct json_text json;
    pthread_t agent; // polls for changes of the configuration, while `polls`
    atomic_bool polls;
};

// With a token, or NULL. Answers when it returns.
void api_start(struct api *api, const char *token);

// The same, and a generator is elsewhere: at "127.0.0.1:PORT" or "unix:/PATH", with a token or
// NULL.
void api_start_beside(struct api *api, const char *generator_at, const char *generator_token);
void api_stop(struct api *api);

// Leaves a record.
void api_tell(struct api *api, const struct record *record);

// Leaves a window that starts then, with so many packets.
void api_window(struct api *api, int64_t start_us, uint64_t packets);

struct answer {
    unsigned status;
    char *text; // head and body, ended by a NUL
    size_t bytes;
    const char *body; // behind the head
};

// Connects; what it returns is for close.
int api_connect(const struct api *api);

// Sends octets as they are and reads until the server closes. answer_free frees it.
struct answer api_send(const struct api *api, const void *octets, size_t bytes);

// "GET", "/api/v1/health", and a body or NULL; with the headers that a proper client sends and
// `more` of them, each ended by CRLF.
struct answer api_ask(const struct api *api, const char *method, const char *path, const char *more,
                      const char *body);

// Fails the test unless the status is this and the text contains that.
void api_expect(const struct api *api, const char *method, const char *path, const char *body,
                unsigned status, const char *contains);

void answer_free(struct answer *answer);

#endif
