// SPDX-License-Identifier: Apache-2.0
// What each verb but those of queries and of the history asks the API, and what it prints of the
// answer.
#include <errno.h>
#include <string.h>

#include "agent/ctl/answer.h"
#include "agent/ctl/show.h"

int ctl_anomaly_list(struct ctl *ctl, struct error *err)
{
    char path[CTL_PATH_MAX] = "/anomalies";
    json_t *json = NULL;
    int code = ctl_parameter_add(path, sizeof(path), "state",
                                 ctl->given[CTL_ALL] != NULL ? "all" : "open", err);
    if (code == 0) {
        code = ctl_last_add(ctl, path, sizeof(path), err);
    }
    if (code == 0) {
        code = ctl_get(ctl, path, &json, err);
    }
    return code == 0 ? ctl_list_show(ctl, json, "anomalies", show_anomalies) : code;
}

// What was said of one anomaly, as `anomaly list` shows it.
static void show_anomaly(const json_t *anomaly)
{
    json_t *list = json_pack("[O]", anomaly);
    show_anomalies(list);
    json_decref(list);
}

int ctl_anomaly_acknowledge(struct ctl *ctl, struct error *err)
{
    const char *note = ctl->given[CTL_NOTE];
    bool undo = ctl->given[CTL_UNDO] != NULL;
    json_t *json = NULL;
    if (undo && note != NULL) {
        return error_set(err, -EINVAL, "--note: expected none with --undo");
    }
    json_t *body = json_pack("{s:b, s:s*}", "acknowledged", !undo, "note", note);
    int code = body != NULL ? 0 : error_set(err, -EINVAL, "--note: is not UTF-8");
    if (code == 0) {
        code = client_ask(&ctl->client, "PATCH", "/anomalies", ctl->arguments[0], "", body, &json,
                          err);
    }
    json_decref(body);
    return code == 0 ? ctl_answer_show(ctl, json, show_anomaly) : code;
}

int ctl_window_list(struct ctl *ctl, struct error *err)
{
    char path[CTL_PATH_MAX] = "/windows";
    json_t *json = NULL;
    int code = ctl_last_add(ctl, path, sizeof(path), err);
    if (code == 0) {
        code = ctl_get(ctl, path, &json, err);
    }
    return code == 0 ? ctl_list_show(ctl, json, "windows", show_windows) : code;
}

int ctl_config_show(struct ctl *ctl, struct error *err)
{
    json_t *json = NULL;
    int code = ctl_get(ctl, "/config", &json, err);
    return code == 0 ? ctl_answer_show(ctl, json, show_members) : code;
}

// NAME=VALUE into the object; what is JSON of itself (4, true) is taken as that, else as a string.
static int assignment_put(json_t *options, const char *text, struct error *err)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text) {
        return error_set(err, -EINVAL, "weir ctl config set: expected NAME=VALUE; got %s", text);
    }
    json_t *value = json_loads(equals + 1, JSON_DECODE_ANY, NULL);
    if (value == NULL) {
        value = json_string(equals + 1);
    }
    if (json_object_setn_new(options, text, (size_t)(equals - text), value) != 0) {
        return error_set(err, -EINVAL, "%s: is not UTF-8", text);
    }
    return 0;
}

// Of the answer, which is the whole configuration, only what was to change.
static void changed_show(const struct ctl *ctl, const json_t *options, const json_t *config)
{
    const char *name;
    json_t *value;
    json_t *changed = json_object();
    json_object_foreach((json_t *)options, name, value)
    {
        json_object_set(changed, name, json_object_get(config, name));
    }
    ctl_answer_show(ctl, changed, show_members);
}

int ctl_config_set(struct ctl *ctl, struct error *err)
{
    json_t *options = json_object();
    json_t *json = NULL;
    int code = 0;
    for (int i = 0; i < ctl->argument_count && code == 0; i++) {
        code = assignment_put(options, ctl->arguments[i], err);
    }
    if (code == 0) {
        code = client_ask(&ctl->client, "PATCH", "/config", NULL, "", options, &json, err);
    }
    if (code == 0) {
        changed_show(ctl, options, json);
    }
    json_decref(json);
    json_decref(options);
    return code;
}

int ctl_books(struct ctl *ctl, struct error *err)
{
    json_t *json = NULL;
    int code = ctl_get(ctl, "/books", &json, err);
    return code == 0 ? ctl_answer_show(ctl, json, show_members) : code;
}

int ctl_health(struct ctl *ctl, struct error *err)
{
    json_t *health = NULL;
    json_t *ready = NULL;
    int code = ctl_get(ctl, "/health", &health, err);
    if (code == 0) {
        code = ctl_get(ctl, "/ready", &ready, err);
        json_object_set_new(health, "ready", json_boolean(code == 0));
        ctl_answer_show(ctl, health, show_members);
    }
    json_decref(ready);
    return code;
}
