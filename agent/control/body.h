// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_CONTROL_BODY_H
#define WEIR_CONTROL_BODY_H

#include <jansson.h>

#include "agent/control/http.h"

// The object that a request's body is, for the caller to release. NULL: it is none, and the reply
// says where and why.
json_t *body_read(struct budget *budget, const struct request *request, struct reply *reply);

#endif
