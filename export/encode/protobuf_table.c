// SPDX-License-Identifier: Apache-2.0
#include "export/encode/protobuf_table.h"

#include <assert.h>
#include <stdlib.h>

struct protobuf_tag protobuf_tag(unsigned number, enum protobuf_wire wire)
{
    static_assert((uint64_t)FIELD_NUMBER_MAX << 3 < 1 << 7 * 3, "a tag has three octets");
    char octets[PROTOBUF_TAG_BYTES] = {0};
    struct protobuf_tag tag;
    tag.bytes = (uint32_t)(varint_store_exact(octets, number << 3 | wire) - octets);
    memcpy(&tag.octets, octets, sizeof(tag.octets));
    return tag;
}

void protobuf_table_free(struct protobuf_table *table)
{
    for (size_t i = 0; table != NULL && i < table->count; i++) {
        protobuf_table_free(table->fields[i].table);
    }
    if (table != NULL) {
        free(table->fields);
        free(table);
    }
}

struct protobuf_table *protobuf_table_create(const struct field_table *source)
{
    struct protobuf_table *table = calloc(1, sizeof(*table));
    struct protobuf_field *fields = calloc(source->count, sizeof(*fields));
    if (table == NULL || fields == NULL) {
        free(table);
        free(fields);
        return NULL;
    }
    table->fields = fields;
    table->count = source->count;
    table->all = UINT64_MAX >> (64 - source->count);
    table->stride = source->bytes;
    table->fixed_bytes = PROTOBUF_TAG_BYTES; // the last tag is stored whole too
    for (size_t i = 0; i < source->count; i++) {
        const struct field *field = &source->fields[i];
        const struct protobuf_kind *kind = &protobuf_kinds[field->kind];
        fields[i].tag = protobuf_tag(field->number, kind->wire);
        fields[i].offset = field->offset;
        fields[i].write = kind->write;
        table->fixed_bytes += fields[i].tag.bytes + kind->fixed_bytes;
        if (field->table == NULL) {
            continue;
        }
        fields[i].table = protobuf_table_create(field->table);
        if (fields[i].table == NULL) {
            protobuf_table_free(table);
            return NULL;
        }
        if (field->kind == FIELD_OBJECT) {
            table->fixed_bytes += fields[i].table->fixed_bytes;
        }
    }
    return table;
}
