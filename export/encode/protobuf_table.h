// SPDX-License-Identifier: Apache-2.0
// Tables of fields turned into tables of ready tags, and the writing of one message by such a
// table. For protobuf.c only.
#ifndef WEIR_ENCODE_PROTOBUF_TABLE_H
#define WEIR_ENCODE_PROTOBUF_TABLE_H

#include <stdbool.h>

#include "export/encode/varint.h"
#include "export/record/field.h"

// How a field's octets end, so that a reader who does not know the field can pass over it.
enum protobuf_wire { PROTOBUF_VARINT = 0, PROTOBUF_FIXED64 = 1, PROTOBUF_LENGTH = 2 };

enum {
    PROTOBUF_TAG_BYTES = 4, // stored whole; the largest number's has three
};

struct protobuf_tag {
    uint32_t octets; // as they lie in memory
    uint32_t bytes;
};

// The room of one record. `limit` is where texts and rows have to stop.
struct protobuf_room {
    const char *limit;
    bool short_of; // something did not fit; what has been written means nothing
};

struct protobuf_field;
struct protobuf_table;

// Writes what `value` points at to `at`, behind the tag, and returns where it stopped: `at` itself
// where there is nothing to say, and the field is then left out.
typedef char *protobuf_writer(const struct protobuf_field *field, const void *value, char *at,
                              struct protobuf_room *room);

struct protobuf_field {
    protobuf_writer *write;
    struct protobuf_tag tag;
    uint32_t offset;
    struct protobuf_table *table;
};

struct protobuf_table {
    struct protobuf_field *fields;
    size_t count;
    uint64_t all; // bit n: there is a field n
    size_t stride;
    size_t fixed_bytes; // at most written for one message, texts and rows aside
};

// NULL when there is no memory. protobuf_table_free frees it.
struct protobuf_table *protobuf_table_create(const struct field_table *source);
void protobuf_table_free(struct protobuf_table *table);

struct protobuf_tag protobuf_tag(unsigned number, enum protobuf_wire wire);

static inline char *protobuf_tag_store(char *at, struct protobuf_tag tag)
{
    memcpy(at, &tag.octets, PROTOBUF_TAG_BYTES);
    return at + tag.bytes;
}

// The length of what lies from `body` to `end`, at `prefix`, a guess of how many octets it takes
// before it; `body` is moved where the guess was wrong. Returns the new end.
char *protobuf_close(char *prefix, char *body, char *end);

// `text` with its length before it; what is not UTF-8, which readers refuse, becomes U+FFFD. NULL
// where it may pass `limit`, behind which there have to be VARINT_MAX octets.
char *protobuf_text(char *at, const char *limit, const char *text);

// Writes every field of `body` whose bit in `known` is set, and returns where it stopped. The
// caller knows of fixed_bytes behind room->limit.
char *protobuf_write_fields(const struct protobuf_table *table, const void *body, uint64_t known,
                            char *at, struct protobuf_room *room);

struct protobuf_kind {
    protobuf_writer *write;
    enum protobuf_wire wire;
    size_t fixed_bytes; // at most written, texts, rows and the message's own fields aside
};
extern const struct protobuf_kind protobuf_kinds[FIELD_KIND_COUNT];

#endif
