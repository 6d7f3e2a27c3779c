// SPDX-License-Identifier: Apache-2.0
// As for JSON, nothing is decided twice: at creation the tables of fields are turned into tables of
// ready tags and the head of each type of record is rendered; a record then costs its known fields,
// each one tag and one writer. Room is kept as json.c keeps it, by what a table takes at most.
//
// A message lies behind its length, which is known only when the message is written. One pass is
// made, with a guess of the length's octets; where the guess was wrong the message is moved.
//
// protobuf-c is not used on purpose: it encodes structs that it generated, so that each record
// would have to be copied into one first, with a pointer for each text and row, and walked twice.
#include "export/encode/protobuf.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "export/encode/protobuf_write.h"
#include "export/encode/text.h"

enum {
    HEAD_MAX = 1024, // octets of a record up to its sequence number; bounds the sensor's name
    RUN_BYTES = 17,  // the run and a hyphen
    // Behind the sensor's name: its length's octets, then the id's tag, length, run and a NUL.
    HEAD_REST = VARINT_MAX + PROTOBUF_TAG_BYTES + 1 + RUN_BYTES + 1,
    BODY_LENGTH_BYTES = 2, // the guess: bodies of 128 to 16383 octets, as flows are
};

struct protobuf_type {
    struct encode_table *table;
    char body_tag[PROTOBUF_TAG_BYTES];
    size_t body_tag_bytes;
    size_t fixed_bytes;
    size_t head_bytes;
    size_t id_length_at; // of the id's length, which the sequence number's digits decide
    char head[HEAD_MAX]; // schema, sensor, and the id up to the hyphen
};

struct protobuf_encoder {
    struct encoder encoder;
    struct protobuf_type types[RECORD_TYPE_COUNT];
};

static ssize_t protobuf_encode(struct encoder *encoder, const struct record *record, char *buffer,
                               size_t bytes)
{
    const struct protobuf_encoder *protobuf = (const struct protobuf_encoder *)encoder;
    const struct protobuf_type *type = &protobuf->types[record->type];
    if (bytes < type->fixed_bytes) {
        return -ENOSPC;
    }
    struct encode_room room = {.limit = buffer + bytes - type->fixed_bytes};
    char *sequence = (char *)mempcpy(buffer, type->head, type->head_bytes);
    char *at = text_u64(sequence, record->sequence);
    buffer[type->id_length_at] = (char)(RUN_BYTES + (at - sequence));

    memcpy(at, type->body_tag, PROTOBUF_TAG_BYTES);
    char *length = at + type->body_tag_bytes;
    char *body = length + BODY_LENGTH_BYTES;
    at = protobuf_write_fields(type->table, record_body(record), record->known, body, &room);
    if (room.short_of) {
        return -ENOSPC;
    }
    return protobuf_close(length, body, at) - buffer;
}

static void protobuf_free(struct encoder *encoder)
{
    struct protobuf_encoder *protobuf = (struct protobuf_encoder *)encoder;
    for (size_t i = 0; i < RECORD_TYPE_COUNT; i++) {
        encode_table_free(protobuf->types[i].table);
    }
    free(protobuf);
}

static const struct encoder_operations protobuf_operations = {
    .name = "protobuf",
    .encode = protobuf_encode,
    .free = protobuf_free,
};

static char *common_tag(char *at, enum record_common common, enum protobuf_wire wire)
{
    return protobuf_tag(at, record_common[common].number, wire);
}

// -ENAMETOOLONG where the sensor's name does not fit.
static int head_render(struct protobuf_type *type, const struct record_type_row *row,
                       const char *sensor, uint64_t run)
{
    char *at = common_tag(type->head, RECORD_SCHEMA, PROTOBUF_VARINT);
    at = varint_store(at, row->schema);
    at = common_tag(at, RECORD_SENSOR, PROTOBUF_LENGTH);
    at = protobuf_text(at, type->head + HEAD_MAX - HEAD_REST, sensor);
    if (at == NULL) {
        return -ENAMETOOLONG;
    }
    at = common_tag(at, RECORD_ID, PROTOBUF_LENGTH);
    type->id_length_at = at++ - type->head;
    snprintf(at, RUN_BYTES + 1, "%016" PRIx64 "-", run);
    type->head_bytes = at + RUN_BYTES - type->head;
    return 0;
}

static int type_render(struct protobuf_type *type, const struct record_type_row *row,
                       const char *sensor, uint64_t run, struct error *err)
{
    if (head_render(type, row, sensor, run) != 0) {
        return error_set(err, -ENAMETOOLONG, "sensor: the name is too long for a record's head");
    }
    type->table = encode_table_create(row->table, &protobuf_format);
    if (type->table == NULL) {
        return error_set(err, -ENOMEM, "no memory for the Protobuf encoder's tables");
    }
    char *tag_end = protobuf_tag(type->body_tag, row->number, PROTOBUF_LENGTH);
    type->body_tag_bytes = (size_t)(tag_end - type->body_tag);
    type->fixed_bytes = type->head_bytes + TEXT_U64_MAX + PROTOBUF_TAG_BYTES + VARINT_MAX +
                        type->table->fixed_bytes;
    return 0;
}

struct encoder *protobuf_encoder_create(const char *sensor, uint64_t run, struct error *err)
{
    struct protobuf_encoder *protobuf = calloc(1, sizeof(*protobuf));
    if (protobuf == NULL) {
        error_set(err, -ENOMEM, "no memory for the Protobuf encoder");
        return NULL;
    }
    protobuf->encoder.operations = &protobuf_operations;
    for (size_t i = 0; i < RECORD_TYPE_COUNT; i++) {
        if (type_render(&protobuf->types[i], &record_types[i], sensor, run, err) != 0) {
            protobuf_free(&protobuf->encoder);
            return NULL;
        }
    }
    return &protobuf->encoder;
}
