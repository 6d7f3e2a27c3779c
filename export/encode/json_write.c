// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "export/encode/json_write.h"
#include "export/encode/text.h"

#define WRITE_NUMBER(kind, write)                                                                  \
    static char *write_##kind(const struct encode_field *field, const void *value, char *at,       \
                              struct encode_room *room)                                            \
    {                                                                                              \
        (void)field;                                                                               \
        (void)room;                                                                                \
        return write(at, *(const field_type_##kind *)value);                                       \
    }
WRITE_NUMBER(U8, text_u8)
WRITE_NUMBER(U16, text_u64)
WRITE_NUMBER(U32, text_u64)
WRITE_NUMBER(U64, text_u64)
WRITE_NUMBER(I64, text_i64)
WRITE_NUMBER(DOUBLE, text_double)
#undef WRITE_NUMBER

static char *write_ip(const struct encode_field *field, const void *value, char *at,
                      struct encode_room *room)
{
    (void)field;
    (void)room;
    const struct field_ip *ip = value;
    *at++ = '"';
    at = ip->version == 4 ? text_ipv4(at, ip->octets) : text_ipv6(at, ip->octets);
    *at++ = '"';
    return at;
}

static char *write_mac(const struct encode_field *field, const void *value, char *at,
                       struct encode_room *room)
{
    (void)field;
    (void)room;
    *at++ = '"';
    at = text_mac(at, value);
    *at++ = '"';
    return at;
}

static char *write_string(const struct encode_field *field, const void *value, char *at,
                          struct encode_room *room)
{
    (void)field;
    char *end = text_json(at + 1, room->limit, *(const char *const *)value);
    if (end == NULL) {
        room->short_of = true;
        return at;
    }
    *at = '"';
    *end++ = '"';
    return end;
}

static char *write_owned(const struct encode_field *field, const void *value, char *at,
                         struct encode_room *room)
{
    return *(char *const *)value == NULL ? at : write_string(field, value, at, room);
}

static char *write_bool(const struct encode_field *field, const void *value, char *at,
                        struct encode_room *room)
{
    (void)field;
    (void)room;
    return stpcpy(at, *(const bool *)value ? "true" : "false");
}

static char *write_text(const struct encode_field *field, const void *value, char *at,
                        struct encode_room *room)
{
    (void)field;
    (void)room;
    *at++ = '"';
    memcpy(at, value, FIELD_TEXT_BYTES);
    at += strlen(value);
    *at++ = '"';
    return at;
}

static char *write_enum(const struct encode_field *field, const void *value, char *at,
                        struct encode_room *room)
{
    return write_string(field, &field->names[*(const uint8_t *)value], at, room);
}

static char *write_numbers(const struct encode_field *field, const void *value, char *at,
                           struct encode_room *room)
{
    (void)field;
    (void)room;
    const struct field_numbers *numbers = value;
    *at++ = '[';
    for (uint32_t i = 0; i < numbers->count; i++) {
        if (i > 0) {
            *at++ = ',';
        }
        at = text_u64(at, numbers->value[i]);
    }
    *at++ = ']';
    return at;
}

static char *write_object(const struct encode_field *field, const void *value, char *at,
                          struct encode_room *room)
{
    char *end = json_write_fields(field->table, value, field->table->all, at, room);
    if (end == at) {
        end++; // no field at all: the brace needs a place of its own
    }
    *at = '{'; // in the place of the first field's comma
    *end++ = '}';
    return end;
}

static char *write_rows(const struct encode_field *field, const void *value, char *at,
                        struct encode_room *room)
{
    const struct field_rows *rows = value;
    size_t fixed_bytes = rows->count * field->table->fixed_bytes;
    if (room->limit < at || (size_t)(room->limit - at) < fixed_bytes) {
        room->short_of = true;
        return at;
    }
    room->limit -= fixed_bytes;
    *at++ = '[';
    for (uint32_t i = 0; i < rows->count && !room->short_of; i++) {
        if (i > 0) {
            *at++ = ',';
        }
        at = write_object(field, (const char *)rows->row + i * field->table->stride, at, room);
    }
    *at++ = ']';
    room->limit += fixed_bytes;
    return at;
}

static const struct encode_kind kinds[FIELD_KIND_COUNT] = {
    [FIELD_U8] = {write_U8, TEXT_U8_MAX},
    [FIELD_U16] = {write_U16, TEXT_U64_MAX},
    [FIELD_U32] = {write_U32, TEXT_U64_MAX},
    [FIELD_U64] = {write_U64, TEXT_U64_MAX},
    [FIELD_I64] = {write_I64, TEXT_I64_MAX},
    [FIELD_DOUBLE] = {write_DOUBLE, TEXT_DOUBLE_MAX},
    [FIELD_IP] = {write_ip, TEXT_IPV6_MAX + 2},
    [FIELD_MAC] = {write_mac, TEXT_MAC_MAX + 2},
    [FIELD_BOOL] = {write_bool, sizeof("false")},
    [FIELD_STRING] = {write_string, 2},
    [FIELD_OWNED] = {write_owned, 2},
    [FIELD_TEXT] = {write_text, FIELD_TEXT_BYTES + 2},
    [FIELD_ENUM] = {write_enum, 2},
    [FIELD_NUMBERS] = {write_numbers, FIELD_NUMBERS_MAX *(TEXT_U64_MAX + 1) + 2},
    [FIELD_OBJECT] = {write_object, JSON_OBJECT_MAX}, // and its table's
    [FIELD_ROWS] = {write_rows, 2},
};

char *json_write_fields(const struct encode_table *table, const void *body, uint64_t known,
                        char *at, struct encode_room *room)
{
    return encode_fields(table, body, known, at, room, ENCODE_PREFIX_MAX);
}

static uint8_t prefix_make(char prefix[ENCODE_PREFIX_MAX], const struct field *field)
{
    return (uint8_t)(stpcpy(stpcpy(stpcpy(prefix, ",\""), field->name), "\":") - prefix);
}

const struct encode_format json_format = {
    .kinds = kinds,
    .prefix = prefix_make,
    .object_bytes = JSON_OBJECT_MAX + ENCODE_PREFIX_MAX,
};
