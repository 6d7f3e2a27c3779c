// SPDX-License-Identifier: Apache-2.0
// What `weir ctl generator` asks of a generator of traffic, or of a sensor that knows one.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/ctl/answer.h"
#include "agent/ctl/show.h"

static int ask(struct ctl *ctl, const char *method, const char *path, const json_t *body,
               struct error *err)
{
    json_t *json = NULL;
    int code = client_ask(&ctl->client, method, path, NULL, "", body, &json, err);
    return code == 0 ? ctl_answer_show(ctl, json, show_members) : code;
}

int ctl_generator_show(struct ctl *ctl, struct error *err)
{
    return ask(ctl, "GET", "/generator", NULL, err);
}

static int state_set(struct ctl *ctl, const char *state, struct error *err)
{
    json_t *members = json_pack("{s:s}", "state", state);
    int code = ask(ctl, "PATCH", "/generator", members, err);
    json_decref(members);
    return code;
}

int ctl_generator_start(struct ctl *ctl, struct error *err)
{
    return state_set(ctl, "running", err);
}

int ctl_generator_stop(struct ctl *ctl, struct error *err)
{
    return state_set(ctl, "stopped", err);
}

// Every value is text: the API reads numbers as flags of weir generate are read.
static int text_put(json_t *object, const char *name, size_t length, const char *text,
                    struct error *err)
{
    int code = json_object_setn_new(object, name, length, json_string(text));
    return code == 0 ? 0 : error_set(err, -EINVAL, "%.*s: is not UTF-8", (int)length, name);
}

int ctl_generator_set(struct ctl *ctl, struct error *err)
{
    json_t *members = json_object();
    int code = 0;
    for (int i = 0; i < ctl->argument_count && code == 0; i++) {
        const char *text = ctl->arguments[i];
        const char *equals = strchr(text, '=');
        code = equals == NULL || equals == text
                   ? error_set(err, -EINVAL, "weir ctl generator set: expected NAME=VALUE; got %s",
                               text)
                   : text_put(members, text, (size_t)(equals - text), equals + 1, err);
    }
    if (code == 0) {
        code = ask(ctl, "PATCH", "/generator", members, err);
    }
    json_decref(members);
    return code;
}

int ctl_generator_anomaly(struct ctl *ctl, struct error *err)
{
    const struct {
        const char *name;
        const char *text;
    } members[] = {
        {"kind", ctl->arguments[0]},
        {"length", ctl->given[CTL_LENGTH] != NULL ? ctl->given[CTL_LENGTH] : "20s"},
        {"subject", ctl->given[CTL_SUBJECT]},
        {"strength", ctl->given[CTL_STRENGTH]},
    };
    json_t *order = json_object();
    int code = 0;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]) && code == 0; i++) {
        if (members[i].text != NULL) {
            code = text_put(order, members[i].name, strlen(members[i].name), members[i].text, err);
        }
    }
    if (code == 0) {
        code = ask(ctl, "POST", "/generator/anomalies", order, err);
    }
    json_decref(order);
    return code;
}
