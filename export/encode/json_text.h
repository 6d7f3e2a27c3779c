// SPDX-License-Identifier: Apache-2.0
// Records as JSON without an id, one at a time, in a buffer that grows as they need it: for those
// who show or keep what was exported. One thread at a time.
#ifndef WEIR_ENCODE_JSON_TEXT_H
#define WEIR_ENCODE_JSON_TEXT_H

#include <stddef.h>

#include "dataplane/base/error.h"
#include "export/record/record.h"

struct encoder;

struct json_text {
    struct encoder *encoder;
    char *buffer;
    size_t room;
};

// 0, or -ENOMEM with a message; *text is untouched then. `sensor` is copied.
int json_text_init(struct json_text *text, const char *sensor, struct error *err);

// Takes a zeroed one, too.
void json_text_fini(struct json_text *text);

// The record as one line without its end, *bytes of them and no NUL, until the next call. NULL: no
// memory.
const char *json_text_make(struct json_text *text, const struct record *record, size_t *bytes);

#endif
