// SPDX-License-Identifier: Apache-2.0
#include "agent/control/route.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/control/state.h"

static const struct route metrics_route = {
    .method = HTTP_GET, .path = METRICS_PATH, .status = 200, .serve = metrics_show};

// Whether the path is that of the row; copies what stands for {name} or {number}.
static bool path_matches(const char *pattern, const char *path, char name[80])
{
    const char *mark = strchr(pattern, '{');
    if (mark == NULL) {
        return strcmp(pattern, path) == 0;
    }
    size_t before = (size_t)(mark - pattern);
    if (strncmp(pattern, path, before) != 0) {
        return false;
    }
    size_t length = strcspn(path + before, "/");
    if (length == 0 || length >= 80 || strcmp(path + before + length, strchr(mark, '}') + 1) != 0) {
        return false;
    }
    memcpy(name, path + before, length);
    name[length] = '\0';
    return true;
}

const struct route *route_find(enum http_method method, const char *path, unsigned *allowed,
                               char name[80])
{
    const struct route *found = NULL;
    *allowed = 0;
    name[0] = '\0';
    size_t root = strlen(API_ROOT);
    if (strcmp(path, METRICS_PATH) == 0) {
        *allowed = 1u << HTTP_GET;
        return method == HTTP_GET ? &metrics_route : NULL;
    }
    if (strncmp(path, API_ROOT, root) != 0) {
        return NULL;
    }
    for (unsigned i = 0; i < route_count; i++) {
        if (path_matches(routes[i].path, path + root, name)) {
            *allowed |= 1u << routes[i].method;
            found = routes[i].method == method ? &routes[i] : found;
        }
    }
    return found;
}

// The names of a row's parameters, for a message.
static void names_write(const struct route *route, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s takes %s", route->path,
                                   route->parameter_count > 0 ? "" : "no parameters");
    for (unsigned i = 0; i < route->parameter_count && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "",
                                 route->parameters[i].name);
    }
}

static void expected_write(const struct route_parameter *parameter, char *text, size_t size)
{
    if (parameter->text_max > 0) {
        snprintf(text, size, "a text of at most %zu characters", parameter->text_max);
        return;
    }
    if (parameter->choices == NULL) {
        snprintf(text, size, "an integer from %lld to %lld", (long long)parameter->least,
                 (long long)parameter->most);
        return;
    }
    size_t used = (size_t)snprintf(text, size, "one of %s", parameter->choices[0]);
    for (unsigned i = 1; parameter->choices[i] != NULL && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, ", %s", parameter->choices[i]);
    }
}

static bool value_read(const struct route_parameter *parameter, const char *given, int64_t *value,
                       const char **text)
{
    if (given == NULL) {
        return false;
    }
    if (parameter->text_max > 0) {
        *text = given;
        return given[0] != '\0' && strlen(given) <= parameter->text_max;
    }
    if (parameter->choices != NULL) {
        for (unsigned i = 0; parameter->choices[i] != NULL; i++) {
            if (strcmp(parameter->choices[i], given) == 0) {
                *value = i;
                return true;
            }
        }
        return false;
    }
    size_t digits = strspn(given, "0123456789");
    errno = 0;
    *value = strtoll(given, NULL, 10);
    return digits > 0 && given[digits] == '\0' && errno == 0 && *value >= parameter->least &&
           *value <= parameter->most;
}

// Reads one parameter of the query string; false: the reply says what is wrong.
static bool parameter_read(struct control *control, const struct route *route,
                           const struct parameter *given, struct call *call, unsigned *seen,
                           struct reply *reply)
{
    char text[160];
    unsigned i = 0;
    while (i < route->parameter_count && strcmp(route->parameters[i].name, given->name) != 0) {
        i++;
    }
    if (i == route->parameter_count) {
        names_write(route, text, sizeof(text));
        reply_error(reply, &control->budget, 400, "%.80s: unknown parameter; %s%s", given->name,
                    route != &metrics_route ? API_ROOT : "", text);
    } else if ((*seen >> i & 1) != 0) {
        reply_error(reply, &control->budget, 400, "%s: given twice", given->name);
    } else if (!value_read(&route->parameters[i], given->value, &call->values[i],
                           &call->texts[i])) {
        expected_write(&route->parameters[i], text, sizeof(text));
        reply_error(reply, &control->budget, 400, "%s: expected %s; got %.80s", given->name, text,
                    given->value != NULL && given->value[0] != '\0' ? given->value : "nothing");
    } else {
        *seen |= 1u << i;
        return true;
    }
    return false;
}

static bool parameters_read(struct control *control, const struct route *route, struct call *call,
                            struct reply *reply)
{
    const struct request *request = call->request;
    unsigned seen = 0;
    for (unsigned i = 0; i < route->parameter_count; i++) {
        call->values[i] = route->parameters[i].standard;
    }
    if (request->parameter_count > PARAMETERS_MAX) {
        reply_error(reply, &control->budget, 400, "more than %d parameters", PARAMETERS_MAX);
        return false;
    }
    for (unsigned i = 0; i < request->parameter_count; i++) {
        if (!parameter_read(control, route, &request->parameters[i], call, &seen, reply)) {
            return false;
        }
    }
    return true;
}

bool route_is_served(const struct control *control, const struct route *route)
{
    bool generates = control->generator != NULL || control->forward != NULL;
    return route->owner == ROUTE_OF_ALL ||
           (route->owner == ROUTE_OF_GENERATOR ? generates : control->queries != NULL);
}

static void unserved_tell(struct control *control, const struct request *request,
                          struct reply *reply)
{
    if (control->queries == NULL) {
        reply_error(reply, &control->budget, 404,
                    "%.200s: a sensor's, and this is a generator of traffic; see %s", request->path,
                    API_ROOT);
    } else {
        reply_error(reply, &control->budget, 404,
                    "%.200s: no generator of traffic is known; control.generator says where one is",
                    request->path);
    }
}

void route_serve(struct control *control, const struct request *request, struct reply *reply)
{
    unsigned allowed;
    struct call call = {.request = request};
    const struct route *route = route_find(request->method, request->path, &allowed, call.name);
    if (route == NULL && allowed == 0) {
        reply_error(reply, &control->budget, 404, "%.200s: no such path; see %s", request->path,
                    API_ROOT);
    } else if (route == NULL) {
        reply_error(reply, &control->budget, 405, "%.200s: %s is not for this path; see Allow",
                    request->path, http_method_names[request->method]);
        reply->allow = allowed;
    } else if (!route_is_served(control, route)) {
        unserved_tell(control, request, reply);
    } else if (parameters_read(control, route, &call, reply)) {
        route->serve(control, &call, reply);
    }
}
