// SPDX-License-Identifier: Apache-2.0
// What a client asks and what it is told, free of how both travel.
#ifndef WEIR_CONTROL_HTTP_H
#define WEIR_CONTROL_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/control/asset.h"
#include "agent/control/page.h"

enum { BODY_BYTES_MAX = 64 * 1024, PARAMETERS_MAX = 8, WHO_MAX = 96, LOCATION_MAX = 128 };

enum http_method { HTTP_GET, HTTP_POST, HTTP_PATCH, HTTP_DELETE, HTTP_METHOD_COUNT };

extern const char *const http_method_names[HTTP_METHOD_COUNT];

// Of the query string; `value` is NULL where there was no '='.
struct parameter {
    const char *name;
    const char *value;
};

struct request {
    enum http_method method;
    const char *path; // decoded, with its first slash
    struct parameter parameters[PARAMETERS_MAX];
    unsigned parameter_count; // above PARAMETERS_MAX: there were more
    const char *body;
    size_t body_bytes;
    char who[WHO_MAX]; // for the log: "127.0.0.1:40112", "192.0.2.7:40112 with the token"
};

struct change;
struct errand;

struct reply {
    unsigned status;
    struct page *page;           // NULL: no body
    char location[LOCATION_MAX]; // empty: none
    const char *type;            // of the body; NULL: JSON
    unsigned allow;              // bits of enum http_method, for 405 and OPTIONS; 0: none
    const struct asset *asset;   // a file of the page, which is all of it
    bool streams;                // events follow (stream.h), as long as somebody reads
    struct change *change;       // it is to be waited for: nothing else holds yet
    struct errand *errand;       // the same
};

// Fills the reply; what was in it is freed. NULL where a page should be (no memory, or too much is
// under way already) becomes 503.
void reply_page(struct reply *reply, unsigned status, struct page *page);

// The same with a text, whose reference is taken over, or JSON, whose reference is, too.
void reply_text(struct reply *reply, struct budget *budget, unsigned status, struct text *text);
void reply_json(struct reply *reply, struct budget *budget, unsigned status, json_t *json);

// {"error": "..."}: any octets may be in the message.
void reply_error(struct reply *reply, struct budget *budget, unsigned status, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

void reply_clear(struct reply *reply);

#endif
