// SPDX-License-Identifier: Apache-2.0
// Standing queries: what each verb asks the API, and what it prints of the answer.
#include <errno.h>
#include <string.h>

#include "agent/ctl/answer.h"
#include "agent/ctl/show.h"

int ctl_query_list(struct ctl *ctl, struct error *err)
{
    json_t *json = NULL;
    int code = ctl_get(ctl, "/queries", &json, err);
    return code == 0 ? ctl_list_show(ctl, json, "queries", show_queries) : code;
}

static int query_ask(struct ctl *ctl, const char *method, const char *behind, const json_t *body,
                     void (*show)(const json_t *json), struct error *err)
{
    json_t *json = NULL;
    int code =
        client_ask(&ctl->client, method, "/queries", ctl->arguments[0], behind, body, &json, err);
    return code == 0 ? ctl_answer_show(ctl, json, show) : code;
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
    return code == 0 ? ctl_answer_show(ctl, json, show_members) : code;
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
