// SPDX-License-Identifier: Apache-2.0
// The API's description, OpenAPI 3.0, made from the table of routes and those of records.
#ifndef WEIR_CONTROL_OPENAPI_H
#define WEIR_CONTROL_OPENAPI_H

#include "agent/control/text.h"

struct control;

// Of the routes that it serves. NULL: no memory.
struct text *openapi_make(const struct control *control, const char *sensor);

#endif
