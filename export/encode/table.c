// SPDX-License-Identifier: Apache-2.0
#include "export/encode/table.h"

#include <stdlib.h>

void encode_table_free(struct encode_table *table)
{
    for (size_t i = 0; table != NULL && i < table->count; i++) {
        encode_table_free(table->fields[i].table);
    }
    if (table != NULL) {
        free(table->fields);
        free(table);
    }
}

struct encode_table *encode_table_create(const struct field_table *source,
                                         const struct encode_format *format)
{
    struct encode_table *table = calloc(1, sizeof(*table));
    struct encode_field *fields = calloc(source->count, sizeof(*fields));
    if (table == NULL || fields == NULL) {
        free(table);
        free(fields);
        return NULL;
    }
    table->fields = fields;
    table->count = source->count;
    table->all = UINT64_MAX >> (64 - source->count);
    table->stride = source->bytes;
    table->fixed_bytes = format->object_bytes;
    for (size_t i = 0; i < source->count; i++) {
        const struct field *field = &source->fields[i];
        fields[i].prefix_bytes = format->prefix(fields[i].prefix, field);
        fields[i].offset = field->offset;
        fields[i].write = format->kinds[field->kind].write;
        fields[i].names = field->names;
        table->fixed_bytes += fields[i].prefix_bytes + format->kinds[field->kind].fixed_bytes;
        if (field->table == NULL) {
            continue;
        }
        fields[i].table = encode_table_create(field->table, format);
        if (fields[i].table == NULL) {
            encode_table_free(table);
            return NULL;
        }
        if (field->kind == FIELD_OBJECT) {
            table->fixed_bytes += fields[i].table->fixed_bytes;
        }
    }
    return table;
}
