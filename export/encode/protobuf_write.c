// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <math.h>

#include "export/encode/protobuf_write.h"
#include "export/encode/text.h"

char *protobuf_close(char *prefix, char *body, char *end)
{
    size_t length = (size_t)(end - body);
    if (length < 0x80 && body == prefix + 1) { // as nearly all are
        *prefix = (char)length;
        return end;
    }
    char *place = prefix + varint_bytes(length);
    if (place != body) {
        memmove(place, body, length);
    }
    varint_store_exact(prefix, length);
    return place + length;
}

// Octet by octet: names are so short that calls of strlen and memcpy cost more.
char *protobuf_text(char *at, const char *limit, const char *text)
{
    char *end = at + 1;
    char seen = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (end >= limit) {
            return NULL;
        }
        seen |= *c;
        *end++ = *c;
    }
    if ((seen & 0x80) != 0) {
        end = text_utf8(at + 1, limit, text);
    }
    return end == NULL ? NULL : protobuf_close(at, at + 1, end);
}

#define WRITE_VARINT(kind)                                                                         \
    static char *write_##kind(const struct encode_field *field, const void *value, char *at,       \
                              struct encode_room *room)                                            \
    {                                                                                              \
        (void)field;                                                                               \
        (void)room;                                                                                \
        return varint_store(at, *(const field_type_##kind *)value);                                \
    }
WRITE_VARINT(U8)
WRITE_VARINT(U16)
WRITE_VARINT(U32)
WRITE_VARINT(U64)
WRITE_VARINT(I64)
WRITE_VARINT(BOOL)
#undef WRITE_VARINT

// What is no number is left out, as in JSON, which cannot say it.
static char *write_double(const struct encode_field *field, const void *value, char *at,
                          struct encode_room *room)
{
    (void)field;
    (void)room;
    uint64_t bits;
    memcpy(&bits, value, sizeof(bits));
    if (!isfinite(*(const double *)value)) {
        return at;
    }
    bits = htole64(bits);
    return (char *)mempcpy(at, &bits, sizeof(bits));
}

static char *write_ip(const struct encode_field *field, const void *value, char *at,
                      struct encode_room *room)
{
    (void)field;
    (void)room;
    const struct field_ip *ip = value;
    size_t length = ip->version == 4 ? 4 : sizeof(ip->octets);
    *at++ = (char)length;
    memcpy(at, ip->octets, sizeof(ip->octets));
    return at + length;
}

static char *write_mac(const struct encode_field *field, const void *value, char *at,
                       struct encode_room *room)
{
    (void)field;
    (void)room;
    *at++ = sizeof(field_type_MAC);
    return (char *)mempcpy(at, value, sizeof(field_type_MAC));
}

static char *write_string(const struct encode_field *field, const void *value, char *at,
                          struct encode_room *room)
{
    (void)field;
    char *end = protobuf_text(at, room->limit, *(const char *const *)value);
    if (end == NULL) {
        room->short_of = true;
        return at;
    }
    return end;
}

static char *write_owned(const struct encode_field *field, const void *value, char *at,
                         struct encode_room *room)
{
    return *(char *const *)value == NULL ? at : write_string(field, value, at, room);
}

static char *write_text(const struct encode_field *field, const void *value, char *at,
                        struct encode_room *room)
{
    (void)field;
    (void)room;
    size_t length = strlen(value);
    *at++ = (char)length;
    memcpy(at, value, FIELD_TEXT_BYTES);
    return at + length;
}

// Zero is left for what a reader takes an enum to be that is not there.
static char *write_enum(const struct encode_field *field, const void *value, char *at,
                        struct encode_room *room)
{
    (void)field;
    (void)room;
    return varint_store(at, *(const uint8_t *)value + UINT64_C(1));
}

static char *write_numbers(const struct encode_field *field, const void *value, char *at,
                           struct encode_room *room)
{
    (void)field;
    (void)room;
    static_assert(FIELD_NUMBERS_MAX * VARINT_MAX < 0x80, "their length has one octet");
    const struct field_numbers *numbers = value;
    char *end = at + 1;
    for (uint32_t i = 0; i < numbers->count; i++) {
        end = varint_store(end, numbers->value[i]);
    }
    *at = (char)(end - at - 1);
    return numbers->count == 0 ? at : end;
}

static char *write_object(const struct encode_field *field, const void *value, char *at,
                          struct encode_room *room)
{
    char *body = at + 1; // short, as it mostly is
    char *end = protobuf_write_fields(field->table, value, field->table->all, body, room);
    return protobuf_close(at, body, end);
}

static char *write_rows(const struct encode_field *field, const void *value, char *at,
                        struct encode_room *room)
{
    const struct field_rows *rows = value;
    size_t row_bytes = PROTOBUF_TAG_BYTES + VARINT_MAX + field->table->fixed_bytes;
    size_t fixed_bytes = rows->count * row_bytes;
    if (room->limit < at || (size_t)(room->limit - at) < fixed_bytes) {
        room->short_of = true;
        return at;
    }
    room->limit -= fixed_bytes;
    const char *row = rows->row;
    for (uint32_t i = 0; i < rows->count && !room->short_of; i++) {
        if (i > 0) { // the first has been given its tag
            memcpy(at, field->prefix, PROTOBUF_TAG_BYTES);
            at += field->prefix_bytes;
        }
        at = write_object(field, row, at, room);
        row += field->table->stride;
    }
    room->limit += fixed_bytes;
    return at;
}

static const struct encode_kind kinds[FIELD_KIND_COUNT] = {
    [FIELD_U8] = {write_U8, VARINT_MAX},
    [FIELD_U16] = {write_U16, VARINT_MAX},
    [FIELD_U32] = {write_U32, VARINT_MAX},
    [FIELD_U64] = {write_U64, VARINT_MAX},
    [FIELD_I64] = {write_I64, VARINT_MAX},
    [FIELD_DOUBLE] = {write_double, sizeof(double)},
    [FIELD_IP] = {write_ip, 1 + sizeof(((struct field_ip *)0)->octets)},
    [FIELD_MAC] = {write_mac, 1 + sizeof(field_type_MAC)},
    [FIELD_BOOL] = {write_BOOL, VARINT_MAX},
    [FIELD_STRING] = {write_string, VARINT_MAX},
    [FIELD_OWNED] = {write_owned, VARINT_MAX},
    [FIELD_TEXT] = {write_text, 1 + FIELD_TEXT_BYTES},
    [FIELD_ENUM] = {write_enum, VARINT_MAX},
    [FIELD_NUMBERS] = {write_numbers, 1 + FIELD_NUMBERS_MAX *VARINT_MAX},
    [FIELD_OBJECT] = {write_object, VARINT_MAX}, // and its table's
    [FIELD_ROWS] = {write_rows, 0},
};

static const uint8_t wires[FIELD_KIND_COUNT] = {
    [FIELD_U8] = PROTOBUF_VARINT,     [FIELD_U16] = PROTOBUF_VARINT,
    [FIELD_U32] = PROTOBUF_VARINT,    [FIELD_U64] = PROTOBUF_VARINT,
    [FIELD_I64] = PROTOBUF_VARINT,    [FIELD_DOUBLE] = PROTOBUF_FIXED64,
    [FIELD_IP] = PROTOBUF_LENGTH,     [FIELD_MAC] = PROTOBUF_LENGTH,
    [FIELD_BOOL] = PROTOBUF_VARINT,   [FIELD_STRING] = PROTOBUF_LENGTH,
    [FIELD_OWNED] = PROTOBUF_LENGTH,  [FIELD_TEXT] = PROTOBUF_LENGTH,
    [FIELD_ENUM] = PROTOBUF_VARINT,   [FIELD_NUMBERS] = PROTOBUF_LENGTH,
    [FIELD_OBJECT] = PROTOBUF_LENGTH, [FIELD_ROWS] = PROTOBUF_LENGTH,
};

char *protobuf_tag(char *at, unsigned number, enum protobuf_wire wire)
{
    static_assert((uint64_t)FIELD_NUMBER_MAX << 3 < 1 << 7 * 3, "a tag has three octets");
    return varint_store_exact(at, number << 3 | wire);
}

char *protobuf_write_fields(const struct encode_table *table, const void *body, uint64_t known,
                            char *at, struct encode_room *room)
{
    return encode_fields(table, body, known, at, room, PROTOBUF_TAG_BYTES);
}

static uint8_t prefix_make(char prefix[ENCODE_PREFIX_MAX], const struct field *field)
{
    return (uint8_t)(protobuf_tag(prefix, field->number, wires[field->kind]) - prefix);
}

const struct encode_format protobuf_format = {
    .kinds = kinds,
    .prefix = prefix_make,
    .object_bytes = PROTOBUF_TAG_BYTES,
};
