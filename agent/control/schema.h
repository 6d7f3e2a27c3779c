// SPDX-License-Identifier: Apache-2.0
// The schemas of the API's description: what bodies of requests and replies look like.
#ifndef WEIR_CONTROL_SCHEMA_H
#define WEIR_CONTROL_SCHEMA_H

#include <jansson.h>

// A new object: name: schema. NULL: no memory.
json_t *schemas_make(void);

// Adds those of a generator of traffic (schema_generator.c).
void schemas_generator_add(json_t *schemas);

#endif
