// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/control/body.h"
#include "agent/control/route.h"
#include "agent/control/state.h"

void queries_list(struct control *control, const struct call *call, struct reply *reply)
{
    (void)call;
    json_t *list = query_set_list(control->queries);
    reply_json(reply, &control->budget, 200,
               list != NULL ? json_pack("{s:o}", "queries", list) : NULL);
}

static void unknown_tell(struct control *control, const struct call *call, struct reply *reply)
{
    reply_error(reply, &control->budget, 404, "no query has the name '%s'", call->name);
}

void query_show(struct control *control, const struct call *call, struct reply *reply)
{
    json_t *query = query_set_get(control->queries, call->name);
    if (query == NULL) {
        unknown_tell(control, call, reply);
    } else {
        reply_json(reply, &control->budget, 200, query);
    }
}

static unsigned status_of(int code)
{
    switch (code) {
    case -EINVAL:
        return 400;
    case -ENOENT:
        return 404;
    case -EEXIST:
        return 409;
    case -ENOSPC:
        return 507;
    case -ENOMEM:
        return 503;
    default:
        return 500;
    }
}

// False, and the reply says so, where a change could not be logged just now.
static bool may_change(struct control *control, struct reply *reply)
{
    if (control_can_tell(control)) {
        return true;
    }
    reply_error(reply, &control->budget, 503, "changes come faster than they can be logged");
    return false;
}

// Logs what was done, in the words of the client, and lets those know who follow.
static void change_log(struct control *control, const struct call *call, const char *name,
                       const char *verb)
{
    const struct request *request = call->request;
    control_log(control, "query %s %s by %s%s%.*s", name, verb, request->who,
                request->body_bytes > 0 ? ": " : "", (int)request->body_bytes,
                request->body_bytes > 0 ? request->body : "");
    struct text *text = text_of(json_pack("{s:s, s:s}", "query", name, "done", verb));
    events_put(&control->events, EVENT_QUERY, text);
    text_release(text);
}

// The query as it is now; what another client has removed meanwhile is not there any more.
static void query_reply(struct control *control, const struct call *call, const char *name,
                        unsigned status, struct reply *reply)
{
    json_t *query = query_set_get(control->queries, name);
    if (query == NULL) {
        unknown_tell(control, call, reply);
        return;
    }
    reply_json(reply, &control->budget, status, query);
    if (status == 201) {
        snprintf(reply->location, sizeof(reply->location), "%s/queries/%s", API_ROOT, name);
    }
}

void queries_add(struct control *control, const struct call *call, struct reply *reply)
{
    struct error err;
    json_t *definition =
        may_change(control, reply) ? body_read(&control->budget, call->request, reply) : NULL;
    if (definition == NULL) {
        return;
    }
    int code = query_set_add(control->queries, definition, &err);
    if (code != 0) {
        reply_error(reply, &control->budget, status_of(code), "%s", err.text);
    } else {
        const char *name = json_string_value(json_object_get(definition, "name"));
        change_log(control, call, name, "added");
        query_reply(control, call, name, 201, reply);
    }
    json_decref(definition);
}

void query_change_serve(struct control *control, const struct call *call, struct reply *reply)
{
    struct error err;
    json_t *members =
        may_change(control, reply) ? body_read(&control->budget, call->request, reply) : NULL;
    if (members == NULL) {
        return;
    }
    int code = query_set_change(control->queries, call->name, members, &err);
    if (code != 0) {
        reply_error(reply, &control->budget, status_of(code), "%s", err.text);
    } else {
        change_log(control, call, call->name, "changed");
        query_reply(control, call, call->name, 200, reply);
    }
    json_decref(members);
}

void query_remove(struct control *control, const struct call *call, struct reply *reply)
{
    struct error err;
    if (!may_change(control, reply)) {
        return;
    }
    int code = query_set_remove(control->queries, call->name, &err);
    if (code != 0) {
        reply_error(reply, &control->budget, status_of(code), "%s", err.text);
        return;
    }
    // In this order: see control_tell.
    store_forget(&control->store, call->name);
    change_log(control, call, call->name, "removed");
    reply_page(reply, 204, page_create(&control->budget, 0, "", ""));
}

void query_answer_show(struct control *control, const struct call *call, struct reply *reply)
{
    struct text *answer = store_answer_of(&control->store, call->name);
    json_t *query = answer == NULL ? query_set_get(control->queries, call->name) : NULL;
    if (answer != NULL) {
        reply_text(reply, &control->budget, 200, answer);
    } else if (query == NULL) {
        unknown_tell(control, call, reply);
    } else {
        reply_error(reply, &control->budget, 404,
                    "query '%s' has no answer yet; the first comes when a pane closes", call->name);
    }
    json_decref(query);
}
