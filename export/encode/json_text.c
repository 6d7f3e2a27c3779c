// SPDX-License-Identifier: Apache-2.0
#include "export/encode/json_text.h"

#include <errno.h>
#include <stdlib.h>

#include "export/encode/json.h"

enum {
    ROOM = 64 * 1024, // to begin with
    ROOM_MAX = 16 * 1024 * 1024,
};

int json_text_init(struct json_text *text, const char *sensor, struct error *err)
{
    struct json_text new = {.room = ROOM};
    new.encoder = json_encoder_create_plain(sensor, err);
    if (new.encoder == NULL) {
        return -ENOMEM;
    }
    new.buffer = malloc(ROOM);
    if (new.buffer == NULL) {
        encoder_free(new.encoder);
        return error_set(err, -ENOMEM, "no memory for records as JSON");
    }
    *text = new;
    return 0;
}

void json_text_fini(struct json_text *text)
{
    encoder_free(text->encoder);
    free(text->buffer);
}

const char *json_text_make(struct json_text *text, const struct record *record, size_t *bytes)
{
    ssize_t made;
    while ((made = encoder_encode(text->encoder, record, text->buffer, text->room)) < 0) {
        char *grown = text->room < ROOM_MAX ? realloc(text->buffer, 2 * text->room) : NULL;
        if (grown == NULL) {
            return NULL;
        }
        text->buffer = grown;
        text->room *= 2;
    }
    *bytes = (size_t)made;
    return text->buffer;
}
