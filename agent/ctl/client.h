// SPDX-License-Identifier: Apache-2.0
// The control API from a client's side, over libcurl. One thread; blocks.
#ifndef WEIR_CTL_CLIENT_H
#define WEIR_CTL_CLIENT_H

#include <jansson.h>

#include "dataplane/base/error.h"

struct client {
    const char *url;    // "http://127.0.0.1:8471", "unix:/PATH"
    const char *cacert; // NULL: what the system trusts
    char *token;        // NULL: none
    void *curl;         // libcurl's handle, made with the first request
};

// Takes a zeroed one, too.
void client_fini(struct client *client);

// Asks and takes the answer's JSON, for the caller to release; NULL in *json where it has none.
// `path` is below /api/v1; `name`, unless NULL, becomes the path's last segment but for `behind`,
// which may be "". `body` may be NULL. 0; -EINVAL where the API says that what was asked is wrong,
// or another negative errno: each with the API's message or one that says why there is none.
int client_ask(struct client *client, const char *method, const char *path, const char *name,
               const char *behind, const json_t *body, json_t **json, struct error *err);

#endif
