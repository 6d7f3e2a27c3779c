// SPDX-License-Identifier: Apache-2.0
// A piece of JSON that several replies show at once. Nobody changes it any more: any thread may
// read, hold and release it.
#ifndef WEIR_CONTROL_TEXT_H
#define WEIR_CONTROL_TEXT_H

#include <jansson.h>
#include <stdatomic.h>
#include <stddef.h>

struct text {
    atomic_uint holders;
    size_t bytes;
    char octets[]; // no NUL at the end
};

// Copies `octets`, held once. NULL: no memory.
struct text *text_create(const char *octets, size_t bytes);

// The same of a value as JSON without blanks; its reference is taken over. NULL: no memory, or
// `json` is NULL.
struct text *text_of(json_t *json);

// One whose octets are for the caller to fill before anybody else sees it. NULL: no memory.
struct text *text_room(size_t bytes);

struct text *text_hold(struct text *text);

// Frees it when nobody holds it any more. May be NULL.
void text_release(struct text *text);

#endif
