// SPDX-License-Identifier: Apache-2.0
#include "agent/control/openapi.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/control/route.h"
#include "agent/control/schema.h"
#include "agent/control/state.h"

static const struct {
    unsigned status;
    const char *meaning;
} meanings[] = {
    {200, "Done"},
    {201, "Added; Location says where it is"},
    {204, "Done; there is nothing to show"},
    {400, "A parameter or the body is wrong; the message says where"},
    {401, "The token is missing or wrong"},
    {403, "The request comes from another site's page"},
    {404, "There is no such thing, or not yet"},
    {409, "It is there already, or cannot change while weir runs"},
    {413, "The body is too large"},
    {415, "The body is not application/json"},
    {502, "The generator cannot be reached"},
    {503, "Not now"},
    {504, "The generator has not answered in time"},
    {507, "There are too many already"},
};

// What stands for one segment of a path.
static const struct {
    const char *mark;
    const char *type;
    const char *help;
} segments[] = {
    {"{name}", "string", "of the query"},
    {"{number}", "integer", "of the anomaly, as its records have it"},
};

static const char *meaning_of(unsigned status)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (meanings[i].status == status) {
            return meanings[i].meaning;
        }
    }
    return "Failed";
}

static json_t *content_of(const char *schema)
{
    bool streams = strcmp(schema, "Stream") == 0;
    return json_pack("{s:{s:{s:s+}}}", streams ? "text/event-stream" : "application/json", "schema",
                     "$ref", "#/components/schemas/", schema);
}

static void response_add(json_t *responses, unsigned status, const char *schema)
{
    char key[16];
    snprintf(key, sizeof(key), "%u", status);
    json_t *response = json_pack("{s:s}", "description", meaning_of(status));
    if (schema != NULL) {
        json_object_set_new(response, "content", content_of(schema));
    }
    json_object_set_new(responses, key, response);
}

static json_t *responses_of(const struct route *route)
{
    json_t *responses = json_object();
    response_add(responses, route->status, route->gives);
    static const unsigned always[] = {400, 401, 403};
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        response_add(responses, always[i], "Error");
    }
    if (route->takes != NULL) {
        response_add(responses, 413, "Error");
        response_add(responses, 415, "Error");
    }
    for (const char *at = route->errors; *at != '\0';) {
        char *end;
        response_add(responses, (unsigned)strtoul(at, &end, 10), "Error");
        at = end + (*end == ' ');
    }
    return responses;
}

static json_t *parameter_of(const struct route_parameter *parameter)
{
    json_t *schema;
    if (parameter->text_max > 0) {
        schema = json_pack("{s:s, s:i, s:I}", "type", "string", "minLength", 1, "maxLength",
                           (json_int_t)parameter->text_max);
    } else if (parameter->choices == NULL) {
        schema = json_pack("{s:s, s:s, s:I, s:I, s:I}", "type", "integer", "format", "int64",
                           "minimum", (json_int_t)parameter->least, "maximum",
                           (json_int_t)parameter->most, "default", (json_int_t)parameter->standard);
    } else {
        schema = json_pack("{s:s, s:s}", "type", "string", "default",
                           parameter->choices[parameter->standard]);
        json_t *values = json_array();
        for (unsigned i = 0; parameter->choices[i] != NULL; i++) {
            json_array_append_new(values, json_string(parameter->choices[i]));
        }
        json_object_set_new(schema, "enum", values);
    }
    return json_pack("{s:s, s:s, s:s, s:o}", "name", parameter->name, "in", "query", "description",
                     parameter->help, "schema", schema);
}

static json_t *operation_of(const struct route *route)
{
    json_t *parameters = json_array();
    for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
        if (strstr(route->path, segments[i].mark) != NULL) {
            json_array_append_new(parameters,
                                  json_pack("{s:s%, s:s, s:b, s:s, s:{s:s}}", "name",
                                            segments[i].mark + 1, strlen(segments[i].mark) - 2,
                                            "in", "path", "required", 1, "description",
                                            segments[i].help, "schema", "type", segments[i].type));
        }
    }
    for (unsigned i = 0; i < route->parameter_count; i++) {
        json_array_append_new(parameters, parameter_of(&route->parameters[i]));
    }
    json_t *operation = json_pack("{s:s, s:o, s:o}", "summary", route->summary, "parameters",
                                  parameters, "responses", responses_of(route));
    if (route->takes != NULL) {
        json_object_set_new(
            operation, "requestBody",
            json_pack("{s:b, s:o}", "required", 1, "content", content_of(route->takes)));
    }
    return operation;
}

static json_t *paths_make(const struct control *control)
{
    json_t *paths = json_object();
    for (unsigned i = 0; i < route_count; i++) {
        char path[128];
        char method[16] = "";
        if (!route_is_served(control, &routes[i])) {
            continue;
        }
        snprintf(path, sizeof(path), "%s%s", API_ROOT, routes[i].path);
        json_t *item = json_object_get(paths, path);
        if (item == NULL) {
            item = json_object();
            json_object_set_new(paths, path, item);
        }
        const char *name = http_method_names[routes[i].method];
        for (size_t j = 0; name[j] != '\0' && j + 1 < sizeof(method); j++) {
            method[j] = (char)tolower(name[j]);
        }
        json_object_set_new(item, method, operation_of(&routes[i]));
    }
    return paths;
}

struct text *openapi_make(const struct control *control, const char *sensor)
{
    json_t *schemas = schemas_make();
    json_t *paths = paths_make(control);
    return text_of(json_pack(
        "{s:s, s:{s:s, s:s, s:s}, s:[{}, {s:[]}], s:o, s:{s:o, s:{s:{s:s, s:s}}}}", "openapi",
        "3.0.3", "info", "title", "Weir control API", "version", WEIR_VERSION, "description",
        sensor, "security", "token", "paths", paths, "components", "schemas", schemas,
        "securitySchemes", "token", "type", "http", "scheme", "bearer"));
}
