// SPDX-License-Identifier: Apache-2.0
#include "agent/query/query.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/nearest.h"
#include "agent/query/query_member.h"

enum { EXPECTED_MAX = 320, QUOTE_MAX = 80 };

// What a definition shows and nobody sets: who sends a shown one back need not take it out.
static const char revision_name[] = "revision";

// A value as it is shown in a message: as JSON, cut where it is long.
struct quote {
    char text[QUOTE_MAX];
};

static struct quote quote_of(const json_t *value)
{
    struct quote quote;
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII |
                                       JSON_REAL_PRECISION(15)); // 0.1 as it was written
    int length = snprintf(quote.text, sizeof(quote.text), "%s", text != NULL ? text : "?");
    if (length >= (int)sizeof(quote.text)) {
        strcpy(quote.text + sizeof(quote.text) - sizeof("..."), "...");
    }
    free(text);
    return quote;
}

static int unexpected(const struct query_member *member, const json_t *value, int64_t pane_us,
                      struct error *err)
{
    char expected[EXPECTED_MAX];
    member->expect(pane_us, expected, sizeof(expected));
    return error_set(err, -EINVAL, "%s: expected %s; got %s", member->name, expected,
                     value != NULL ? quote_of(value).text : "nothing");
}

static int names_check(const json_t *json, struct error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)json, name, value)
    {
        if (query_member_find(name) != NULL || strcmp(name, revision_name) == 0) {
            continue;
        }
        struct nearest nearest = nearest_to(name);
        for (size_t i = 0; i < query_member_count; i++) {
            nearest_consider(&nearest, query_members[i].name);
        }
        json_t *quoted = json_string(name);
        struct quote quote = quote_of(quoted);
        json_decref(quoted);
        return error_set(err, -EINVAL, "unknown member %s%s%s%s", quote.text,
                         nearest.name != NULL ? ", did you mean " : "",
                         nearest.name != NULL ? nearest.name : "", nearest.name != NULL ? "?" : "");
    }
    return 0;
}

static int member_read(struct query *query, const struct query_member *member, const json_t *json,
                       int64_t pane_us, struct error *err)
{
    const json_t *value = json_object_get(json, member->name);
    if (value == NULL && member->required) {
        return unexpected(member, NULL, pane_us, err);
    }
    if (!member->belongs(query)) {
        return value == NULL
                   ? 0
                   : error_set(err, -EINVAL, "%s: only %s have one", member->name, member->owners);
    }
    struct error why = {.text = ""};
    int code = member->store(query, value, pane_us, &why);
    if (code != 0 && why.text[0] != '\0') {
        return error_set(err, code, "%s", why.text);
    }
    return code != 0 ? unexpected(member, value, pane_us, err) : 0;
}

static int object_check(const json_t *json, struct error *err)
{
    if (json_is_object(json)) {
        return 0;
    }
    return error_set(err, -EINVAL, "expected an object; got %s",
                     json != NULL ? quote_of(json).text : "nothing");
}

int query_read(struct query *query, const json_t *json, int64_t pane_us, struct error *err)
{
    struct query read = {.revision = 1};
    int code = object_check(json, err);
    if (code == 0) {
        code = names_check(json, err);
    }
    for (size_t i = 0; i < query_member_count && code == 0; i++) {
        code = member_read(&read, &query_members[i], json, pane_us, err);
    }
    if (code == 0) {
        *query = read;
    }
    return code;
}

// Takes out of a definition what its new kind and subject do not have, unless it was given anew.
static void leave_behind(json_t *definition, const json_t *given)
{
    struct query to = {0};
    const struct query_member *kind = query_member_find("kind");
    const struct query_member *subject = query_member_find("subject");
    if (kind->store(&to, json_object_get(definition, "kind"), 0, NULL) != 0 ||
        subject->store(&to, json_object_get(definition, "subject"), 0, NULL) != 0) {
        return; // query_read will say so
    }
    for (size_t i = 0; i < query_member_count; i++) {
        const struct query_member *member = &query_members[i];
        if (!member->belongs(&to) && json_object_get(given, member->name) == NULL) {
            json_object_del(definition, member->name);
        }
    }
}

// Puts the given members into a definition. A null takes one out; a wrong name stays, to be told.
static int members_put(json_t *definition, const json_t *given)
{
    const char *name;
    json_t *value;
    int code = 0;
    json_object_foreach((json_t *)given, name, value)
    {
        if (json_is_null(value) && query_member_find(name) != NULL) {
            json_object_del(definition, name);
        } else {
            code |= json_object_set(definition, name, value);
        }
    }
    return code != 0 ? -ENOMEM : 0;
}

static int name_check(const struct query *query, const json_t *given, struct error *err)
{
    const json_t *name = json_object_get(given, "name");
    if (name == NULL ||
        (json_is_string(name) && strcmp(json_string_value(name), query->name) == 0)) {
        return 0;
    }
    return error_set(err, -EINVAL, "name: cannot be changed from \"%s\"; got %s", query->name,
                     quote_of(name).text);
}

int query_change(struct query *query, const json_t *json, int64_t pane_us, struct error *err)
{
    int code = object_check(json, err);
    if (code == 0) {
        code = name_check(query, json, err);
    }
    if (code != 0) {
        return code;
    }
    struct query changed;
    json_t *definition = query_json(query);
    if (definition == NULL || members_put(definition, json) != 0) {
        code = error_set(err, -ENOMEM, "no memory to change it");
    } else {
        leave_behind(definition, json);
        code = query_read(&changed, definition, pane_us, err);
    }
    json_decref(definition);
    if (code == 0) {
        changed.revision = query->revision + 1;
        *query = changed;
    }
    return code;
}

json_t *query_json(const struct query *query)
{
    json_t *json = json_object();
    int code = json == NULL;
    for (size_t i = 0; i < query_member_count; i++) {
        const struct query_member *member = &query_members[i];
        json_t *value = member->belongs(query) ? member->show(query) : json_null();
        if (!json_is_null(value)) {
            code |= json_object_set_new(json, member->name, value);
        }
    }
    code |= json_object_set_new(json, revision_name, json_integer(query->revision));
    if (code != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

bool query_same(const struct query *one, const struct query *other)
{
    bool same = true;
    for (size_t i = 0; i < query_member_count && same; i++) {
        const struct query_member *member = &query_members[i];
        bool belongs = member->belongs(one);
        same = belongs == member->belongs(other);
        if (same && belongs) {
            json_t *value = member->show(one);
            json_t *beside = member->show(other);
            same = json_equal(value, beside) != 0;
            json_decref(value);
            json_decref(beside);
        }
    }
    return same;
}
