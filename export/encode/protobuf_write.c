// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <math.h>

#include "export/encode/protobuf_table.h"
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
    static char *write_##kind(const struct protobuf_field *field, const void *value, char *at,     \
                              struct protobuf_room *room)                                          \
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
#undef WRITE_VARINT

// What is no number is left out, as in JSON, which cannot say it.
static char *write_double(const struct protobuf_field *field, const void *value, char *at,
                          struct protobuf_room *room)
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

static char *write_ip(const struct protobuf_field *field, const void *value, char *at,
                      struct protobuf_room *room)
{
    (void)field;
    (void)room;
    const struct field_ip *ip = value;
    size_t length = ip->version == 4 ? 4 : sizeof(ip->octets);
    *at++ = (char)length;
    memcpy(at, ip->octets, sizeof(ip->octets));
    return at + length;
}

static char *write_mac(const struct protobuf_field *field, const void *value, char *at,
                       struct protobuf_room *room)
{
    (void)field;
    (void)room;
    *at++ = sizeof(field_type_MAC);
    return (char *)mempcpy(at, value, sizeof(field_type_MAC));
}

static char *write_string(const struct protobuf_field *field, const void *value, char *at,
                          struct protobuf_room *room)
{
    (void)field;
    char *end = protobuf_text(at, room->limit, *(const char *const *)value);
    if (end == NULL) {
        room->short_of = true;
        return at;
    }
    return end;
}

static char *write_text(const struct protobuf_field *field, const void *value, char *at,
                        struct protobuf_room *room)
{
    (void)field;
    (void)room;
    size_t length = strlen(value);
    *at++ = (char)length;
    memcpy(at, value, FIELD_TEXT_BYTES);
    return at + length;
}

// Zero is left for what a reader takes an enum to be that is not there.
static char *write_enum(const struct protobuf_field *field, const void *value, char *at,
                        struct protobuf_room *room)
{
    (void)field;
    (void)room;
    return varint_store(at, *(const uint8_t *)value + UINT64_C(1));
}

static char *write_numbers(const struct protobuf_field *field, const void *value, char *at,
                           struct protobuf_room *room)
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

static char *write_object(const struct protobuf_field *field, const void *value, char *at,
                          struct protobuf_room *room)
{
    char *body = at + 1; // short, as it mostly is
    char *end = protobuf_write_fields(field->table, value, field->table->all, body, room);
    return protobuf_close(at, body, end);
}

static char *write_rows(const struct protobuf_field *field, const void *value, char *at,
                        struct protobuf_room *room)
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
            at = protobuf_tag_store(at, field->tag);
        }
        at = write_object(field, row, at, room);
        row += field->table->stride;
    }
    room->limit += fixed_bytes;
    return at;
}

const struct protobuf_kind protobuf_kinds[FIELD_KIND_COUNT] = {
    [FIELD_U8] = {write_U8, PROTOBUF_VARINT, VARINT_MAX},
    [FIELD_U16] = {write_U16, PROTOBUF_VARINT, VARINT_MAX},
    [FIELD_U32] = {write_U32, PROTOBUF_VARINT, VARINT_MAX},
    [FIELD_U64] = {write_U64, PROTOBUF_VARINT, VARINT_MAX},
    [FIELD_I64] = {write_I64, PROTOBUF_VARINT, VARINT_MAX},
    [FIELD_DOUBLE] = {write_double, PROTOBUF_FIXED64, sizeof(double)},
    [FIELD_IP] = {write_ip, PROTOBUF_LENGTH, 1 + sizeof(((struct field_ip *)0)->octets)},
    [FIELD_MAC] = {write_mac, PROTOBUF_LENGTH, 1 + sizeof(field_type_MAC)},
    [FIELD_STRING] = {write_string, PROTOBUF_LENGTH, VARINT_MAX},
    [FIELD_TEXT] = {write_text, PROTOBUF_LENGTH, 1 + FIELD_TEXT_BYTES},
    [FIELD_ENUM] = {write_enum, PROTOBUF_VARINT, VARINT_MAX},
    [FIELD_NUMBERS] = {write_numbers, PROTOBUF_LENGTH, 1 + FIELD_NUMBERS_MAX *VARINT_MAX},
    [FIELD_OBJECT] = {write_object, PROTOBUF_LENGTH, VARINT_MAX}, // and its table's
    [FIELD_ROWS] = {write_rows, PROTOBUF_LENGTH, 0},
};

char *protobuf_write_fields(const struct protobuf_table *table, const void *body, uint64_t known,
                            char *at, struct protobuf_room *room)
{
    for (uint64_t left = known & table->all; left != 0; left &= left - 1) {
        const struct protobuf_field *field = &table->fields[__builtin_ctzll(left)];
        char *value = protobuf_tag_store(at, field->tag);
        char *end = field->write(field, (const char *)body + field->offset, value, room);
        if (end != value) {
            at = end;
        }
    }
    return at;
}
