// SPDX-License-Identifier: Apache-2.0
// Tables of record fields turned into tables of ready octets: what stands before each field's
// value, and who writes the value. Each encoding is a format of its own; for its files only.
#ifndef WEIR_ENCODE_TABLE_H
#define WEIR_ENCODE_TABLE_H

#include <stdbool.h>
#include <string.h>

#include "export/record/field.h"

enum { ENCODE_PREFIX_MAX = 32 };

// The room of one record. `limit` is where texts and rows have to stop.
struct encode_room {
    const char *limit;
    bool short_of; // something did not fit; what has been written means nothing
};

struct encode_field;
struct encode_table;

// Writes what `value` points at to `at`, behind the prefix, and returns where it stopped: `at`
// itself where there is nothing to say, and the field is then left out.
typedef char *encode_writer(const struct encode_field *field, const void *value, char *at,
                            struct encode_room *room);

struct encode_field {
    char prefix[ENCODE_PREFIX_MAX];
    encode_writer *write;
    uint32_t offset;
    uint8_t prefix_bytes;
    const char *const *names;
    struct encode_table *table;
};

struct encode_table {
    struct encode_field *fields;
    size_t count;
    uint64_t all; // bit n: there is a field n
    size_t stride;
    size_t fixed_bytes; // at most written for one object, texts and rows aside
};

struct encode_kind {
    encode_writer *write;
    size_t fixed_bytes; // at most written, texts, rows and the object's own fields aside
};

struct encode_format {
    const struct encode_kind *kinds; // FIELD_KIND_COUNT of them

    // Fills what stands before the field's value and returns how many octets it has.
    uint8_t (*prefix)(char prefix[ENCODE_PREFIX_MAX], const struct field *field);

    size_t object_bytes; // of an object beside its fields; and the last prefix, stored whole
};

// NULL when there is no memory. encode_table_free frees it; `table` may be NULL there.
struct encode_table *encode_table_create(const struct field_table *source,
                                         const struct encode_format *format);
void encode_table_free(struct encode_table *table);

// Writes every field of `body` whose bit in `known` is set, and returns where it stopped. Of each
// prefix `stored` octets are written, a constant that makes one store of it. The caller knows of
// fixed_bytes behind room->limit.
static inline char *encode_fields(const struct encode_table *table, const void *body,
                                  uint64_t known, char *at, struct encode_room *room, size_t stored)
{
    for (uint64_t left = known & table->all; left != 0; left &= left - 1) {
        const struct encode_field *field = &table->fields[__builtin_ctzll(left)];
        memcpy(at, field->prefix, stored);
        char *value = at + field->prefix_bytes;
        char *end = field->write(field, (const char *)body + field->offset, value, room);
        if (end != value) {
            at = end;
        }
    }
    return at;
}

#endif
