// SPDX-License-Identifier: Apache-2.0
// Flow records leave at up to a million a second, so nothing is decided twice: at creation the
// tables of fields are turned into tables of ready text (`,"name":` in 32 octets that are copied
// with one store) and the head of each type of record is rendered; a record then costs its known
// fields, each one copy and one writer.
//
// Room is not checked field by field either. Each table knows how much its fields take at most
// (fixed_bytes); only what has no bound of its own, texts and rows, checks against a limit that
// leaves fixed_bytes free. So an encoder refuses a buffer that might have been enough by a little.
#include "export/encode/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/encode/json_write.h"
#include "export/encode/text.h"

enum {
    HEAD_MAX = 1024, // octets of a record up to its sequence number; bounds the sensor's name
    ID_MAX = 32,     // `","id":"`, the run and a hyphen
};

struct json_type {
    struct encode_table *table;
    char head[HEAD_MAX]; // `{"type":"…","schema":…,"sensor":"…","id":"…-`
    size_t head_bytes;
};

struct json_encoder {
    struct encoder encoder;
    struct json_type types[RECORD_TYPE_COUNT];
};

enum head { HEAD_WITH_ID, HEAD_PLAIN };

static inline ssize_t record_encode(const struct json_encoder *json, const struct record *record,
                                    enum head head, char *buffer, size_t bytes)
{
    const struct json_type *type = &json->types[record->type];
    size_t fixed_bytes =
        type->head_bytes + TEXT_U64_MAX + JSON_OBJECT_MAX + type->table->fixed_bytes;
    if (bytes < fixed_bytes) {
        return -ENOSPC;
    }
    struct encode_room room = {.limit = buffer + bytes - fixed_bytes};
    char *at = (char *)mempcpy(buffer, type->head, type->head_bytes);
    if (head == HEAD_WITH_ID) {
        at = text_u64(at, record->sequence);
        *at++ = '"';
    }
    at = json_write_fields(type->table, record_body(record), record->known, at, &room);
    *at++ = '}';
    return room.short_of ? -ENOSPC : at - buffer;
}

static ssize_t json_encode(struct encoder *encoder, const struct record *record, char *buffer,
                           size_t bytes)
{
    return record_encode((const struct json_encoder *)encoder, record, HEAD_WITH_ID, buffer, bytes);
}

static ssize_t json_encode_plain(struct encoder *encoder, const struct record *record, char *buffer,
                                 size_t bytes)
{
    return record_encode((const struct json_encoder *)encoder, record, HEAD_PLAIN, buffer, bytes);
}

static void json_free(struct encoder *encoder)
{
    struct json_encoder *json = (struct json_encoder *)encoder;
    for (size_t i = 0; i < RECORD_TYPE_COUNT; i++) {
        encode_table_free(json->types[i].table);
    }
    free(json);
}

static const struct encoder_operations json_operations = {
    .name = "json",
    .encode = json_encode,
    .free = json_free,
};

static const struct encoder_operations plain_operations = {
    .name = "json",
    .encode = json_encode_plain,
    .free = json_free,
};

// -ENAMETOOLONG where the sensor's name does not fit.
static int head_render(struct json_type *type, const struct record_type_row *row,
                       const char *sensor, enum head head, uint64_t run)
{
    int bytes =
        snprintf(type->head, HEAD_MAX, "{\"%s\":\"%s\",\"%s\":%u,\"%s\":\"",
                 record_common[RECORD_NAME].name, row->name, record_common[RECORD_SCHEMA].name,
                 row->schema, record_common[RECORD_SENSOR].name);
    const char *end = type->head + HEAD_MAX - ID_MAX;
    char *at = text_json(type->head + bytes, end, sensor);
    if (at == NULL) {
        return -ENAMETOOLONG;
    }
    at += head == HEAD_PLAIN ? snprintf(at, ID_MAX, "\"")
                             : snprintf(at, ID_MAX, "\",\"%s\":\"%016" PRIx64 "-",
                                        record_common[RECORD_ID].name, run);
    type->head_bytes = at - type->head;
    return 0;
}

static struct encoder *create(const struct encoder_operations *operations, const char *sensor,
                              enum head head, uint64_t run, struct error *err)
{
    struct json_encoder *json = calloc(1, sizeof(*json));
    if (json == NULL) {
        error_set(err, -ENOMEM, "no memory for the JSON encoder");
        return NULL;
    }
    json->encoder.operations = operations;
    for (size_t i = 0; i < RECORD_TYPE_COUNT; i++) {
        if (head_render(&json->types[i], &record_types[i], sensor, head, run) != 0) {
            error_set(err, -ENAMETOOLONG, "sensor: the name is too long for a record's head");
            json_free(&json->encoder);
            return NULL;
        }
        json->types[i].table = encode_table_create(record_types[i].table, &json_format);
        if (json->types[i].table == NULL) {
            error_set(err, -ENOMEM, "no memory for the JSON encoder's tables");
            json_free(&json->encoder);
            return NULL;
        }
    }
    return &json->encoder;
}

struct encoder *json_encoder_create(const char *sensor, uint64_t run, struct error *err)
{
    return create(&json_operations, sensor, HEAD_WITH_ID, run, err);
}

struct encoder *json_encoder_create_plain(const char *sensor, struct error *err)
{
    return create(&plain_operations, sensor, HEAD_PLAIN, 0, err);
}
