// SPDX-License-Identifier: Apache-2.0
// How JSON writes values. For json.c only.
#ifndef WEIR_ENCODE_JSON_WRITE_H
#define WEIR_ENCODE_JSON_WRITE_H

#include "export/encode/table.h"

enum { JSON_OBJECT_MAX = 3 }; // braces and a comma

extern const struct encode_format json_format; // a prefix is `,"name":`

// Writes `,"name":value` for every known field; see encode_fields.
char *json_write_fields(const struct encode_table *table, const void *body, uint64_t known,
                        char *at, struct encode_room *room);

#endif
