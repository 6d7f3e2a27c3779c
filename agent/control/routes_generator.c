// SPDX-License-Identifier: Apache-2.0
// The generator's paths: of one in this process, or handed on to one elsewhere, which is waited
// for.
#include <errno.h>
#include <stdio.h>

#include "agent/control/body.h"
#include "agent/control/forward.h"
#include "agent/control/route.h"
#include "agent/control/state.h"
#include "dataplane/base/clock.h"

static void hand_on(struct control *control, const struct call *call, struct reply *reply)
{
    reply->errand = forward_put(control->forward, call->request, clock_monotonic_us());
    if (reply->errand == NULL) {
        reply_error(reply, &control->budget, 503, "too many requests wait for the generator");
    }
}

void generator_get(struct control *control, const struct call *call, struct reply *reply)
{
    const struct control_generator *generator = control->generator;
    if (generator != NULL) {
        reply_json(reply, &control->budget, 200, generator->show(generator->context));
    } else {
        hand_on(control, call, reply);
    }
}

static unsigned status_of(int code)
{
    switch (code) {
    case -EINVAL:
        return 400;
    case -EBUSY:
    case -ENOSPC:
        return 409;
    case -ENOMEM:
    case -ETIMEDOUT:
    case -ESHUTDOWN:
        return 503;
    default:
        return 500;
    }
}

static void change_log(struct control *control, const char *who, const char *body, size_t bytes)
{
    control_log(control, "generator told by %s: %.*s", who, (int)bytes, body);
}

// Of what changes something: handed on, or *members gets what it says, for the caller to release.
// False: the reply is made, or to be waited for.
static bool change_begin(struct control *control, const struct call *call, struct reply *reply,
                         json_t **members)
{
    if (!control_can_tell(control)) {
        reply_error(reply, &control->budget, 503, "changes come faster than they can be logged");
    } else if (control->generator == NULL) {
        hand_on(control, call, reply);
    } else {
        *members = body_read(&control->budget, call->request, reply);
        return *members != NULL;
    }
    return false;
}

void generator_patch(struct control *control, const struct call *call, struct reply *reply)
{
    const struct control_generator *generator = control->generator;
    const struct request *request = call->request;
    struct error err;
    json_t *members;
    if (!change_begin(control, call, reply, &members)) {
        return;
    }
    int code = generator->change(generator->context, members, &err);
    json_decref(members);
    if (code != 0) {
        reply_error(reply, &control->budget, status_of(code), "%s", err.text);
        return;
    }
    change_log(control, request->who, request->body, request->body_bytes);
    reply_json(reply, &control->budget, 200, generator->show(generator->context));
}

static void location_add(struct reply *reply)
{
    snprintf(reply->location, sizeof(reply->location), "%s/generator", API_ROOT);
}

void generator_post(struct control *control, const struct call *call, struct reply *reply)
{
    const struct control_generator *generator = control->generator;
    const struct request *request = call->request;
    struct error err;
    json_t *order;
    json_t *begun = NULL;
    if (!change_begin(control, call, reply, &order)) {
        return;
    }
    int code = generator->order(generator->context, order, &begun, &err);
    json_decref(order);
    if (code != 0) {
        reply_error(reply, &control->budget, status_of(code), "%s", err.text);
        return;
    }
    change_log(control, request->who, request->body, request->body_bytes);
    reply_json(reply, &control->budget, 201, begun);
    location_add(reply);
}

void route_generator_answered(struct control *control, const struct errand *errand, const char *who,
                              struct reply *reply)
{
    if (!errand->done) {
        reply_error(reply, &control->budget, 503, "weir is ending");
        return;
    }
    if (errand->method != HTTP_GET && errand->status < 300) {
        change_log(control, who, errand->body, errand->body_bytes);
    }
    json_t *answer = errand->answer;
    reply_json(reply, &control->budget, errand->status,
               answer != NULL ? json_incref(answer) : NULL);
    if (errand->status == 201) {
        location_add(reply);
    }
}
