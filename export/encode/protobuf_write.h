// SPDX-License-Identifier: Apache-2.0
// How Protobuf writes tags and values. For protobuf.c only.
#ifndef WEIR_ENCODE_PROTOBUF_WRITE_H
#define WEIR_ENCODE_PROTOBUF_WRITE_H

#include "export/encode/table.h"
#include "export/encode/varint.h"

// How a field's octets end, so that a reader who does not know the field can pass over it.
enum protobuf_wire { PROTOBUF_VARINT = 0, PROTOBUF_FIXED64 = 1, PROTOBUF_LENGTH = 2 };

enum { PROTOBUF_TAG_BYTES = 4 }; // stored whole; the largest number's has three

// Writes a field's tag, three octets at most, and returns its end.
char *protobuf_tag(char *at, unsigned number, enum protobuf_wire wire);

// The length of what lies from `body` to `end`, at `prefix`, a guess of how many octets it takes
// before it; `body` is moved where the guess was wrong. Returns the new end.
char *protobuf_close(char *prefix, char *body, char *end);

// `text` with its length before it; what is not UTF-8, which readers refuse, becomes U+FFFD. NULL
// where it may pass `limit`, behind which there have to be VARINT_MAX octets.
char *protobuf_text(char *at, const char *limit, const char *text);

extern const struct encode_format protobuf_format; // a prefix is the field's tag

// Writes every known field; see encode_fields.
char *protobuf_write_fields(const struct encode_table *table, const void *body, uint64_t known,
                            char *at, struct encode_room *room);

#endif
