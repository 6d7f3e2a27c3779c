// SPDX-License-Identifier: Apache-2.0
// What each verb asks the API, and what it prints of the answer.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/ctl/show.h"
#include "agent/ctl/verb.h"

// Prints an answer, whose reference it takes over: as it is for --json, else with `show`.
static int answer_show(const struct ctl *ctl, json_t *json, void (*show)(const json_t *json))
{
    if (json != NULL && ctl->given[CTL_JSON] != NULL) {
        show_json(json);
    } else if (json != NULL) {
        show(json);
    }
    json_decref(json);
    return 0;
}

// The same of a list: `show` gets the member that holds it.
static int list_show(const struct ctl *ctl, json_t *json, const char *member,
                     void (*show)(const json_t *list))
{
    if (ctl->given[CTL_JSON] != NULL) {
        return answer_show(ctl, json, show_json);
    }
    show(json_object_get(json, member));
    json_decref(json);
    return 0;
}

static int get(struct ctl *ctl, const char *path, json_t **json, struct error *err)
{
    return client_ask(&ctl->client, "GET", path, NULL, "", NULL, json, err);
}

int ctl_query_list(struct ctl *ctl, struct error *err)
{
    json_t *json = NULL;
    int code = get(ctl, "/queries", &json, err);
    return code == 0 ? list_show(ctl, json, "queries", show_queries) : code;
}

static int query_ask(struct ctl *ctl, const char *method, const char *behind, const json_t *body,
                     void (*show)(const json_t *json), struct error *err)
{
    json_t *json = NULL;
    int code =
        client_ask(&ctl->client, method, "/queries", ctl->arguments[0], behind, body, &json, err);
    return code == 0 ? answer_show(ctl, json, show) : code;
}

int ctl_query_show(struct ctl *ctl, struct error *err)
{
    return query_ask(ctl, "GET", "", NULL, show_members, err);
}

int ctl_query_remove(struct ctl *ctl, struct error *err)
{
    return query_ask(ctl, "DELETE", "", NULL, show_members, err);
}

int ctl_query_answer(struct ctl *ctl, struct error *err)
{
    return query_ask(ctl, "GET", "/answer", NULL, show_answer, err);
}

// Reads the object that was given as JSON, or from standard input; an empty one where none was.
static int object_read(const char *text, json_t **object, struct error *err)
{
    json_error_t wrong;
    json_t *read = text == NULL             ? json_object()
                   : strcmp(text, "-") == 0 ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &wrong)
                                            : json_loads(text, JSON_REJECT_DUPLICATES, &wrong);
    if (read == NULL && text == NULL) {
        return error_set(err, -ENOMEM, "no memory for the query");
    }
    if (read == NULL) {
        return error_set(err, -EINVAL, "JSON: line %d, column %d: %s", wrong.line, wrong.column,
                         wrong.text);
    }
    if (!json_is_object(read)) {
        json_decref(read);
        return error_set(err, -EINVAL, "JSON: expected an object");
    }
    *object = read;
    return 0;
}

// What is a number becomes one; whether that is right is for the API to say.
static json_t *value_of(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    if (json_is_number(value)) {
        return value;
    }
    json_decref(value);
    return json_string(text);
}

static bool is_number(enum ctl_flag flag)
{
    return flag == CTL_IPV4_BITS || flag == CTL_IPV6_BITS || flag == CTL_PERCENT || flag == CTL_K ||
           flag == CTL_DEVIATIONS;
}

// Puts the members into the object that flags were given for.
static int flags_put(const struct ctl *ctl, json_t *object, struct error *err)
{
    for (int i = 0; i < CTL_FLAG_COUNT; i++) {
        const char *text = ctl->given[i];
        if (text == NULL || ctl_flags[i].member == NULL) {
            continue;
        }
        json_t *value = i == CTL_FILTER && text[0] == '\0' ? json_null()
                        : is_number((enum ctl_flag)i)      ? value_of(text)
                                                           : json_string(text);
        if (json_object_set_new(object, ctl_flags[i].member, value) != 0) {
            return error_set(err, -EINVAL, "--%s: is not UTF-8", ctl_flags[i].name);
        }
    }
    return 0;
}

int ctl_query_add(struct ctl *ctl, struct error *err)
{
    json_t *definition = NULL;
    json_t *json = NULL;
    int code = object_read(ctl->argument_count > 0 ? ctl->arguments[0] : NULL, &definition, err);
    if (code == 0) {
        code = flags_put(ctl, definition, err);
    }
    if (code == 0) {
        code = client_ask(&ctl->client, "POST", "/queries", NULL, "", definition, &json, err);
    }
    json_decref(definition);
    return code == 0 ? answer_show(ctl, json, show_members) : code;
}

int ctl_query_change(struct ctl *ctl, struct error *err)
{
    json_t *members = NULL;
    int code = object_read(ctl->argument_count > 1 ? ctl->arguments[1] : NULL, &members, err);
    if (code == 0) {
        code = flags_put(ctl, members, err);
    }
    if (code == 0 && json_object_size(members) == 0) {
        code = error_set(err, -EINVAL, "weir ctl query change: expected what is to change");
    }
    if (code == 0) {
        code = query_ask(ctl, "PATCH", "", members, show_members, err);
    }
    json_decref(members);
    return code;
}

// "/windows?limit=N" and the like. -EINVAL: --last is no number.
static int path_write(const struct ctl *ctl, const char *path, char *text, size_t size,
                      struct error *err)
{
    const char *last = ctl->given[CTL_LAST];
    if (last != NULL && (last[0] == '\0' || last[strspn(last, "0123456789")] != '\0')) {
        return error_set(err, -EINVAL, "--last: expected a number; got %s", last);
    }
    const char *mark = strchr(path, '?') != NULL ? "&" : "?";
    snprintf(text, size, "%s%s%s%.20s", path, last != NULL ? mark : "",
             last != NULL ? "limit=" : "", last != NULL ? last : "");
    return 0;
}

int ctl_anomaly_list(struct ctl *ctl, struct error *err)
{
    char path[80];
    json_t *json = NULL;
    bool all = ctl->given[CTL_ALL] != NULL;
    int code = path_write(ctl, all ? "/anomalies?state=all" : "/anomalies?state=open", path,
                          sizeof(path), err);
    if (code == 0) {
        code = get(ctl, path, &json, err);
    }
    return code == 0 ? list_show(ctl, json, "anomalies", show_anomalies) : code;
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
    return code == 0 ? answer_show(ctl, json, show_anomaly) : code;
}

int ctl_window_list(struct ctl *ctl, struct error *err)
{
    char path[80];
    json_t *json = NULL;
    int code = path_write(ctl, "/windows", path, sizeof(path), err);
    if (code == 0) {
        code = get(ctl, path, &json, err);
    }
    return code == 0 ? list_show(ctl, json, "windows", show_windows) : code;
}

int ctl_config_show(struct ctl *ctl, struct error *err)
{
    json_t *json = NULL;
    int code = get(ctl, "/config", &json, err);
    return code == 0 ? answer_show(ctl, json, show_members) : code;
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
    answer_show(ctl, changed, show_members);
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
    int code = get(ctl, "/books", &json, err);
    return code == 0 ? answer_show(ctl, json, show_members) : code;
}

int ctl_health(struct ctl *ctl, struct error *err)
{
    json_t *health = NULL;
    json_t *ready = NULL;
    int code = get(ctl, "/health", &health, err);
    if (code == 0) {
        code = get(ctl, "/ready", &ready, err);
        json_object_set_new(health, "ready", json_boolean(code == 0));
        answer_show(ctl, health, show_members);
    }
    json_decref(ready);
    return code;
}
