// SPDX-License-Identifier: Apache-2.0
#include "agent/control/text.h"

#include <stdlib.h>
#include <string.h>

struct text *text_room(size_t bytes)
{
    struct text *text = malloc(sizeof(*text) + bytes);
    if (text != NULL) {
        atomic_init(&text->holders, 1);
        text->bytes = bytes;
    }
    return text;
}

struct text *text_create(const char *octets, size_t bytes)
{
    struct text *text = text_room(bytes);
    if (text != NULL) {
        memcpy(text->octets, octets, bytes);
    }
    return text;
}

struct text *text_of(json_t *json)
{
    enum { AS_WRITTEN = JSON_REAL_PRECISION(15) }; // 0.1, not 0.10000000000000001
    char *dump =
        json != NULL ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY | AS_WRITTEN) : NULL;
    struct text *text = dump != NULL ? text_create(dump, strlen(dump)) : NULL;
    free(dump);
    json_decref(json);
    return text;
}

struct text *text_hold(struct text *text)
{
    atomic_fetch_add_explicit(&text->holders, 1, memory_order_relaxed);
    return text;
}

void text_release(struct text *text)
{
    // Each release pairs with the acquire of the last, which frees what the others have read.
    if (text != NULL && atomic_fetch_sub_explicit(&text->holders, 1, memory_order_acq_rel) == 1) {
        free(text);
    }
}
