// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>

#include "agent/control/body.h"
#include "agent/control/route.h"
#include "agent/control/state.h"
#include "dataplane/base/clock.h"

static void config_reply(struct control *control, struct reply *reply)
{
    pthread_mutex_lock(&control->config_lock);
    json_t *copy = json_copy(control->config);
    pthread_mutex_unlock(&control->config_lock);
    reply_json(reply, &control->budget, 200, copy);
}

void config_show(struct control *control, const struct call *call, struct reply *reply)
{
    (void)call;
    config_reply(control, reply);
}

void config_patch(struct control *control, const struct call *call, struct reply *reply)
{
    if (!control_can_tell(control)) {
        reply_error(reply, &control->budget, 503, "changes come faster than they can be logged");
        return;
    }
    json_t *options = body_read(&control->budget, call->request, reply);
    if (options == NULL) {
        return;
    }
    if (json_object_size(options) == 0) {
        reply_error(reply, &control->budget, 400, "expected at least one option and its value");
        json_decref(options);
        return;
    }
    reply->change = changes_put(&control->changes, options, clock_monotonic_us());
    if (reply->change == NULL) {
        reply_error(reply, &control->budget, 503, "too many changes wait already");
    }
}

// Shows from now on, and logs, what was changed.
static void changed_take(struct control *control, const struct change *change, const char *who)
{
    const char *name;
    json_t *value;
    control_config(control, change->options);
    json_object_foreach(change->options, name, value)
    {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        control_log(control, "option %s changed by %s: %s", name, who, text != NULL ? text : "?");
        free(text);
    }
}

void route_config_changed(struct control *control, const struct change *change, const char *who,
                          struct reply *reply)
{
    if (change->state != CHANGE_DONE) {
        reply_error(reply, &control->budget, 503,
                    "weir is too busy to take a change; nothing was changed");
    } else if (change->code != 0) {
        reply_error(reply, &control->budget, change->code == -EBUSY ? 409 : 400, "%s",
                    change->err.text);
    } else {
        changed_take(control, change, who);
        config_reply(control, reply);
    }
}
