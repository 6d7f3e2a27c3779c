// SPDX-License-Identifier: Apache-2.0
#include "agent/query/query_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/query/query_file.h"
#include "agent/query/query_set_parts.h"

static int list_init(struct standing_list *list, unsigned max)
{
    list->items = calloc(max, sizeof(struct standing *));
    return list->items != NULL ? 0 : -ENOMEM;
}

// Puts `standing` at a place of the list, which holds it from now on; NULL: takes away what is
// there.
static void defined_set(struct query_set *set, size_t at, struct standing *standing)
{
    struct standing_list *list = &set->defined;
    struct standing *dead = NULL;
    pthread_mutex_lock(&set->handover);
    if (at < list->count) {
        standing_release(list->items[at], &dead);
    }
    if (standing == NULL) {
        list->count--;
        memmove(&list->items[at], &list->items[at + 1], (list->count - at) * sizeof(*list->items));
    } else {
        list->items[at] = standing;
        list->count += at == list->count;
    }
    pthread_mutex_unlock(&set->handover);
    standing_free_all(dead);
}

static int defined_read(struct query_set *set, struct error *err)
{
    struct query *queries = NULL;
    size_t count = 0;
    int code = set->path == NULL ? 0
                                 : query_file_read(set->path, set->max, set->pane_us, &queries,
                                                   &count, &set->seen, err);
    for (size_t i = 0; i < count && code == 0; i++) {
        struct standing *standing = standing_create(set, &queries[i], set->numbers++, err);
        code = standing != NULL ? 0 : -ENOMEM;
        if (standing != NULL) {
            defined_set(set, i, standing);
        }
    }
    free(queries);
    return code;
}

int query_set_create(struct query_set **set, const struct query_set_options *options,
                     struct error *err)
{
    struct query_set *new = calloc(1, sizeof(*new));
    if (new == NULL) {
        return error_set(err, -ENOMEM, "no memory for queries");
    }
    new->max = options->max;
    new->memory_bytes = options->memory_bytes;
    new->pane_us = options->pane_us;
    new->internal = options->internal;
    hash_secret_draw(&new->secret);
    pthread_mutex_init(&new->edit, NULL);
    pthread_mutex_init(&new->handover, NULL);
    new->path = options->path != NULL ? strdup(options->path) : NULL;
    bool room = list_init(&new->defined, new->max) == 0 &&
                list_init(&new->counted, new->max) == 0 &&
                list_init(&new->counted_before, new->max) == 0 &&
                (new->path != NULL || options->path == NULL);
    int code = room ? defined_read(new, err) : error_set(err, -ENOMEM, "no memory for queries");
    if (code != 0) {
        query_set_free(new);
        return code;
    }
    *set = new;
    return 0;
}

void query_set_free(struct query_set *set)
{
    if (set == NULL) {
        return;
    }
    struct standing *dead = NULL;
    for (size_t i = 0; i < set->defined.count; i++) {
        standing_release(set->defined.items[i], &dead);
    }
    for (size_t i = 0; i < set->counted.count; i++) {
        standing_release(set->counted.items[i], &dead);
    }
    standing_free_all(dead);
    free(set->defined.items);
    free(set->counted.items);
    free(set->counted_before.items);
    pthread_mutex_destroy(&set->edit);
    pthread_mutex_destroy(&set->handover);
    free(set->path);
    free(set);
}

// With `edit` or `handover` held; what follows, up to what others call, with `edit`. The place of a
// query in the list, or that behind the last.
static size_t defined_find(const struct query_set *set, const char *name)
{
    size_t at = 0;
    while (at < set->defined.count && strcmp(set->defined.items[at]->query.name, name) != 0) {
        at++;
    }
    return at;
}

// Writes the file as it is to be: with `query` at place `at`, or without what is there.
static int defined_write(struct query_set *set, size_t at, const struct query *query,
                         struct error *err)
{
    if (set->path == NULL) {
        return 0;
    }
    json_t *all = json_array();
    bool whole = all != NULL;
    for (size_t i = 0; i <= set->defined.count && whole; i++) {
        const struct query *kept = i < set->defined.count ? &set->defined.items[i]->query : NULL;
        const struct query *written = i == at ? query : kept;
        whole = written == NULL || json_array_append_new(all, query_json(written)) == 0;
    }
    int code = whole ? query_file_write(set->path, all, &set->seen, err)
                     : error_set(err, -ENOMEM, "no memory to write %s", set->path);
    json_decref(all);
    return code;
}

// Writes the file and puts the new definition in its place, or lets go of it. NULL: there was no
// memory for it.
static int defined_put(struct query_set *set, size_t at, struct standing *standing,
                       struct error *err)
{
    if (standing == NULL) {
        return -ENOMEM;
    }
    int code = defined_write(set, at, &standing->query, err);
    if (code == 0) {
        defined_set(set, at, standing);
        return 0;
    }
    struct standing *dead = NULL;
    pthread_mutex_lock(&set->handover);
    standing_release(standing, &dead);
    pthread_mutex_unlock(&set->handover);
    standing_free_all(dead);
    return code;
}

static int add(struct query_set *set, const json_t *definition, struct error *err)
{
    struct query query;
    int code = query_read(&query, definition, set->pane_us, err);
    if (code != 0) {
        return code;
    }
    if (defined_find(set, query.name) < set->defined.count) {
        return error_set(err, -EEXIST, "name: there is a query %s already", query.name);
    }
    if (set->defined.count == set->max) {
        return error_set(err, -ENOSPC, "there are %u queries, as many as query.max allows",
                         set->max);
    }
    query.revision = 1;
    struct standing *standing = standing_create(set, &query, set->numbers++, err);
    return defined_put(set, set->defined.count, standing, err);
}

int query_set_add(struct query_set *set, const json_t *definition, struct error *err)
{
    pthread_mutex_lock(&set->edit);
    int code = add(set, definition, err);
    pthread_mutex_unlock(&set->edit);
    return code;
}

static int change(struct query_set *set, const char *name, const json_t *members, struct error *err)
{
    size_t at = defined_find(set, name);
    if (at == set->defined.count) {
        return error_set(err, -ENOENT, "there is no query %s", name);
    }
    const struct standing *old = set->defined.items[at];
    struct query query = old->query;
    int code = query_change(&query, members, set->pane_us, err);
    if (code != 0) {
        return code;
    }
    if (query_same(&query, &old->query)) {
        return 0;
    }
    query.revision = old->query.revision + 1;
    struct standing *standing = counting_serves(&old->query, &query)
                                    ? standing_change(set, old, &query, err)
                                    : standing_create(set, &query, old->number, err);
    return defined_put(set, at, standing, err);
}

int query_set_change(struct query_set *set, const char *name, const json_t *members,
                     struct error *err)
{
    pthread_mutex_lock(&set->edit);
    int code = change(set, name, members, err);
    pthread_mutex_unlock(&set->edit);
    return code;
}

int query_set_remove(struct query_set *set, const char *name, struct error *err)
{
    pthread_mutex_lock(&set->edit);
    size_t at = defined_find(set, name);
    int code = at < set->defined.count ? defined_write(set, at, NULL, err)
                                       : error_set(err, -ENOENT, "there is no query %s", name);
    if (code == 0) {
        defined_set(set, at, NULL);
    }
    pthread_mutex_unlock(&set->edit);
    return code;
}

json_t *query_set_list(struct query_set *set)
{
    json_t *all = json_array();
    pthread_mutex_lock(&set->edit);
    for (size_t i = 0; i < set->defined.count && all != NULL; i++) {
        if (json_array_append_new(all, query_json(&set->defined.items[i]->query)) < 0) {
            json_decref(all);
            all = NULL;
        }
    }
    pthread_mutex_unlock(&set->edit);
    return all;
}

size_t query_set_count(struct query_set *set)
{
    pthread_mutex_lock(&set->handover);
    size_t count = set->defined.count;
    pthread_mutex_unlock(&set->handover);
    return count;
}

bool query_set_has(struct query_set *set, const char *name)
{
    pthread_mutex_lock(&set->handover);
    bool has = defined_find(set, name) < set->defined.count;
    pthread_mutex_unlock(&set->handover);
    return has;
}

json_t *query_set_get(struct query_set *set, const char *name)
{
    pthread_mutex_lock(&set->edit);
    size_t at = defined_find(set, name);
    json_t *json = at < set->defined.count ? query_json(&set->defined.items[at]->query) : NULL;
    pthread_mutex_unlock(&set->edit);
    return json;
}
