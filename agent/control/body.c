// SPDX-License-Identifier: Apache-2.0
#include "agent/control/body.h"

static const char *kind_of(const json_t *json)
{
    static const char *const kinds[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number",  [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null",
    };
    return kinds[json_typeof(json)];
}

json_t *body_read(struct budget *budget, const struct request *request, struct reply *reply)
{
    json_error_t wrong;
    if (request->body_bytes == 0) {
        reply_error(reply, budget, 400, "the body is empty; expected a JSON object");
        return NULL;
    }
    json_t *json = json_loadb(request->body, request->body_bytes,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &wrong);
    if (json == NULL) {
        reply_error(reply, budget, 400, "line %d, column %d: %s", wrong.line, wrong.column,
                    wrong.text);
        return NULL;
    }
    if (!json_is_object(json)) {
        reply_error(reply, budget, 400, "expected a JSON object; got %s", kind_of(json));
        json_decref(json);
        return NULL;
    }
    return json;
}
