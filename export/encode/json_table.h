// SPDX-License-Identifier: Apache-2.0
// Tables of fields turned into tables of ready JSON text, and the writing of one object by such a
// table. For json.c only.
#ifndef WEIR_ENCODE_JSON_TABLE_H
#define WEIR_ENCODE_JSON_TABLE_H

#include <stdbool.h>

#include "export/record/field.h"

enum {
    JSON_PREFIX_BYTES = 32, // copied whole, with one store
    JSON_OBJECT_MAX = 3,    // braces and a comma
};

// The room of one record. `limit` is where texts and rows have to stop.
struct json_room {
    const char *limit;
    bool short_of; // something did not fit; what has been written means nothing
};

struct json_field;
struct json_table;

// Writes what `value` points at to `at`, and returns where it stopped: `at` itself where there is
// nothing to say, and the field is then left out.
typedef char *json_writer(const struct json_field *field, const void *value, char *at,
                          struct json_room *room);

struct json_field {
    char prefix[JSON_PREFIX_BYTES]; // `,"name":`
    json_writer *write;
    uint32_t offset;
    uint8_t prefix_bytes;
    const char *const *names;
    struct json_table *table;
};

struct json_table {
    struct json_field *fields;
    size_t count;
    uint64_t all; // bit n: there is a field n
    size_t stride;
    size_t fixed_bytes; // at most written for one object, texts and rows aside
};

// NULL when there is no memory. json_table_free frees it.
struct json_table *json_table_create(const struct field_table *source);
void json_table_free(struct json_table *table);

// Writes `,"name":value` for every field of `body` whose bit in `known` is set, and returns where
// it stopped. The caller knows of fixed_bytes behind room->limit.
char *json_write_fields(const struct json_table *table, const void *body, uint64_t known, char *at,
                        struct json_room *room);

struct json_kind {
    json_writer *write;
    size_t fixed_bytes; // at most written, texts, rows and the object's own fields aside
};
extern const struct json_kind json_kinds[FIELD_KIND_COUNT];

#endif
