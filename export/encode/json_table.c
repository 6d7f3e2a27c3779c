// SPDX-License-Identifier: Apache-2.0
#include "export/encode/json_table.h"

#include <stdlib.h>
#include <string.h>

void json_table_free(struct json_table *table)
{
    for (size_t i = 0; table != NULL && i < table->count; i++) {
        json_table_free(table->fields[i].table);
    }
    if (table != NULL) {
        free(table->fields);
        free(table);
    }
}

struct json_table *json_table_create(const struct field_table *source)
{
    struct json_table *table = calloc(1, sizeof(*table));
    struct json_field *fields = calloc(source->count, sizeof(*fields));
    if (table == NULL || fields == NULL) {
        free(table);
        free(fields);
        return NULL;
    }
    table->fields = fields;
    table->count = source->count;
    table->all = UINT64_MAX >> (64 - source->count);
    table->stride = source->bytes;
    table->fixed_bytes = JSON_OBJECT_MAX + JSON_PREFIX_BYTES; // the last prefix is stored whole too
    for (size_t i = 0; i < source->count; i++) {
        const struct field *field = &source->fields[i];
        char *end = stpcpy(stpcpy(stpcpy(fields[i].prefix, ",\""), field->name), "\":");
        fields[i].prefix_bytes = (uint8_t)(end - fields[i].prefix);
        fields[i].offset = field->offset;
        fields[i].write = json_kinds[field->kind].write;
        fields[i].names = field->names;
        table->fixed_bytes += fields[i].prefix_bytes + json_kinds[field->kind].fixed_bytes;
        if (field->table == NULL) {
            continue;
        }
        fields[i].table = json_table_create(field->table);
        if (fields[i].table == NULL) {
            json_table_free(table);
            return NULL;
        }
        if (field->kind == FIELD_OBJECT) {
            table->fixed_bytes += fields[i].table->fixed_bytes;
        }
    }
    return table;
}
