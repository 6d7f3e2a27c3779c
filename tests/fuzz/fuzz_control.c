// SPDX-License-Identifier: Apache-2.0
// Any request, "METHOD PATH?PARAMETERS", a line feed and a body, as the API's own code gets it from
// libmicrohttpd. Whatever it is, it has an answer: a status and, unless that has none, a body that
// is JSON; and nothing stays behind that could not be shown again.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/control/route.h"
#include "agent/control/state.h"
#include "export/encode/json_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static json_t *generator_show(void *context)
{
    return json_incref(context);
}

// Takes what is a string, so that replies of every kind come.
static int generator_change(void *context, json_t *members, struct error *err)
{
    (void)context;
    bool right = json_is_string(json_object_get(members, "state"));
    return right ? 0 : error_set(err, -22, "state: expected a string");
}

static int generator_order(void *context, json_t *order, json_t **begun, struct error *err)
{
    (void)context;
    json_t *kind = json_object_get(order, "kind");
    *begun = kind != NULL ? json_pack("{s:O}", "kind", kind) : NULL;
    return *begun != NULL ? 0 : error_set(err, -22, "kind: is missing");
}

static struct control *control_once(void)
{
    static struct control *control;
    static struct query_set *set;
    static struct prefix_set internal;
    if (control == NULL) {
        struct query_set_options queries = {
            .max = 4, .memory_bytes = 1 << 20, .pane_us = 1000000, .internal = &internal};
        require(query_set_create(&set, &queries, NULL) == 0);
        static struct control_generator generator = {generator_show, generator_change,
                                                     generator_order, NULL};
        generator.context = json_pack("{s:s}", "state", "running");
        struct control_options options = {.sensor = "fuzz",
                                          .generator = &generator,
                                          .queries = set,
                                          .config = json_pack("{s:s}", "log.level", "info"),
                                          .windows_kept = 4};
        require(control_open(&control, &options, NULL) == 0);
        json_decref(options.config);
        struct record record = {.sequence = 0};
        record_init(&record, RECORD_WINDOW);
        record.window.start_us = 1000;
        record_know(&record, RECORD_WINDOW_START_US);
        struct json_text json;
        require(json_text_init(&json, "fuzz", NULL) == 0);
        size_t bytes = 0;
        const char *text = json_text_make(&json, &record, &bytes);
        control_tell(control, &record, text, bytes);
        json_text_fini(&json);
    }
    return control;
}

// Splits "a=1&b" in place.
static void parameters_split(struct request *request, char *text)
{
    for (char *at = strtok(text, "&"); at != NULL; at = strtok(NULL, "&")) {
        char *equals = strchr(at, '=');
        if (equals != NULL) {
            *equals = '\0';
        }
        if (request->parameter_count < PARAMETERS_MAX) {
            request->parameters[request->parameter_count] =
                (struct parameter){at, equals != NULL ? equals + 1 : NULL};
        }
        request->parameter_count++;
    }
}

static int option_set(void *context, enum control_step step, const char *name, json_t *value,
                      struct error *err)
{
    (void)context, (void)step;
    return json_is_string(value) ? 0 : error_set(err, -22, "%s: expected a string", name);
}

static void change_finish(struct control *control, struct reply *reply)
{
    int64_t until_us;
    control_poll(control, option_set, NULL);
    struct change *change = changes_collect(&control->changes, 0, &until_us);
    require(change == reply->change);
    reply->change = NULL;
    route_config_changed(control, change, "fuzz", reply);
    change_free(change);
}

static void reply_check(struct reply *reply)
{
    char *text = malloc(reply->page->bytes + 1);
    size_t bytes = page_read(reply->page, text, reply->page->bytes + 1);
    require(bytes == reply->page->bytes);
    require(reply->status >= 200 && reply->status < 600);
    if (reply->status != 204) {
        json_t *json = json_loadb(text, bytes, 0, NULL);
        require(json != NULL);
        require(reply->status < 400 || json_is_string(json_object_get(json, "error")));
        json_decref(json);
    }
    free(text);
}

// Removes all queries, after each was found under its own name.
static void queries_clear(struct control *control)
{
    size_t i;
    json_t *query;
    json_t *list = query_set_list(control->queries);
    json_array_foreach(list, i, query)
    {
        const char *name = json_string_value(json_object_get(query, "name"));
        json_t *same = query_set_get(control->queries, name);
        require(json_equal(query, same));
        json_decref(same);
        require(query_set_remove(control->queries, name, NULL) == 0);
    }
    json_decref(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct control *control = control_once();
    char *text = strndup((const char *)data, size);
    size_t head = strcspn(text, "\n");
    struct request request = {.method = HTTP_GET, .who = "fuzz"};
    struct reply reply = {0};
    if (head < size) {
        request.body = (const char *)data + head + 1;
        request.body_bytes = size - head - 1;
        text[head] = '\0';
    }
    char *path = strchr(text, ' ');
    for (unsigned i = 0; path != NULL && i < HTTP_METHOD_COUNT; i++) {
        size_t length = strlen(http_method_names[i]);
        if ((size_t)(path - text) == length && strncmp(text, http_method_names[i], length) == 0) {
            request.method = (enum http_method)i;
        }
    }
    request.path = path != NULL ? path + 1 : text;
    char *question = strchr(request.path, '?');
    if (question != NULL) {
        *question = '\0';
        parameters_split(&request, question + 1);
    }
    route_serve(control, &request, &reply);
    if (reply.change != NULL) {
        change_finish(control, &reply);
    }
    if (!reply.streams) {
        reply_check(&reply);
    }
    reply_clear(&reply);
    queries_clear(control);
    struct notice notice;
    while (control_notice(control, &notice)) {
    }
    require(control->budget.used == 0);
    free(text);
    return 0;
}
