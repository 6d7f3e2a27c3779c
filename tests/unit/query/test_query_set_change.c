// SPDX-License-Identifier: Apache-2.0
// What holds from which pane on when queries are added, changed and removed.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/query/set_scene.h"

enum { MEMORY = 1 << 20, FLOWS = 60 };

#define ADDRESSES                                                                                  \
    "{\"name\": \"a\", \"kind\": \"top\", \"subject\": \"address\", \"k\": 5, \"window\": \"5s\"}"

static int change(struct scene *scene, const char *name, const char *members)
{
    struct error err = {{0}};
    json_t *json = scene_json(members);
    int code = query_set_change(scene->set, name, json, &err);
    assert_int_equal(code != 0, err.text[0] != '\0');
    json_decref(json);
    return code;
}

// Changes the query and its model, which goes on with what it has.
static void change_both(struct scene *scene, const char *name, const char *members)
{
    struct error err = {{0}};
    json_t *json = scene_json(members);
    assert_int_equal(change(scene, name, members), 0);
    assert_int_equal(query_change(&scene_find(scene, name)->model.query, json, MODEL_PANE_US, &err),
                     0);
    json_decref(json);
}

// A pane with flows before and behind a moment, and the pane's end.
static void flows(struct scene *scene)
{
    scene_flows(scene, MODEL_ZIPF, FLOWS);
}

static void panes(struct scene *scene, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        flows(scene);
        scene_close(scene);
    }
}

static void a_new_query_never_counts_a_part_of_a_pane(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, NULL, MEMORY);
    struct scene_query *first = scene_add(&scene, ADDRESSES);
    flows(&scene);
    struct scene_query *second = scene_add(&scene, "{\"name\": \"b\", \"kind\": \"share\", "
                                                   "\"subject\": \"port\", \"percent\": 1}");
    second->since_us += MODEL_PANE_US;
    flows(&scene);
    scene_close(&scene);
    assert_int_equal(first->answers, 1);
    assert_int_equal(second->answers, 0);
    struct scene_query *third = scene_add(&scene, "{\"name\": \"c\", \"kind\": \"top\", "
                                                  "\"subject\": \"protocol\", \"k\": 3}");
    panes(&scene, 1);
    assert_int_equal(scene.told, 3);
    assert_int_equal(second->answers, 1);
    assert_int_equal(third->answers, 1);
    panes(&scene, 10);
    scene_end(&scene);
}

static void a_pane_without_flows_is_answered_by_all(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, NULL, MEMORY);
    scene_close(&scene);
    assert_int_equal(scene.told, 0);
    scene_add(&scene, ADDRESSES);
    scene_close(&scene);
    assert_int_equal(scene.told, 1);
    scene_end(&scene);
}

static void parameters_hold_from_the_next_answer_on(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "{\"k\": 2}",
        "{\"k\": 50}",
        "{\"kind\": \"share\", \"percent\": 3}",
        "{\"percent\": 20}",
        "{\"kind\": \"deviation\", \"deviations\": 1}",
        "{\"baseline\": \"zero\"}",
    };
    struct scene scene;
    scene_begin(&scene, NULL, MEMORY);
    struct scene_query *query = scene_add(&scene, ADDRESSES);
    panes(&scene, 8);
    for (unsigned i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        assert_false(query->changed);
        if (i % 2 == 0) { // before any flow of the pane, or between them
            flows(&scene);
        }
        change_both(&scene, "a", changes[i]);
        panes(&scene, 1); // with all of its history
        assert_true(query->changed);
        panes(&scene, 1);
    }
    scene_end(&scene);
}

static void a_window_grows_with_the_time_that_passes(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, NULL, MEMORY);
    struct scene_query *query = scene_add(&scene, ADDRESSES);
    panes(&scene, 20);
    change_both(&scene, "a", "{\"window\": \"10s\"}");
    query->since_us = scene.pane_us - 5 * MODEL_PANE_US; // what the last answer had
    panes(&scene, 20);
    change_both(&scene, "a", "{\"window\": \"2s\"}");
    panes(&scene, 1);
    change_both(&scene, "a", "{\"window\": \"6s\"}");
    query->since_us = scene.pane_us - 2 * MODEL_PANE_US;
    panes(&scene, 10);
    scene_end(&scene);
}

static void what_counts_anew_waits_for_the_next_pane(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "{\"filter\": \"port = 3\"}",
        "{\"subject\": \"port\"}",
        "{\"by\": \"packets\"}",
        "{\"traffic\": \"all\"}",
        "{\"filter\": null, \"window\": \"3s\", \"k\": 9}",
    };
    struct scene scene;
    scene_begin(&scene, NULL, MEMORY);
    scene_add(&scene, ADDRESSES);
    for (unsigned i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct scene_query *query = scene_find(&scene, "a");
        panes(&scene, 8);
        flows(&scene);
        assert_int_equal(change(&scene, "a", changes[i]), 0);
        assert_int_equal(change(&scene, "a", "{\"k\": 6}"), 0); // waits with it
        flows(&scene);
        scene_close(&scene); // as it was
        assert_false(query->changed);
        json_t *members = scene_json(changes[i]);
        json_t *more = scene_json("{\"k\": 6}");
        struct error err;
        assert_int_equal(query_change(&query->model.query, members, MODEL_PANE_US, &err), 0);
        assert_int_equal(query_change(&query->model.query, more, MODEL_PANE_US, &err), 0);
        json_decref(members);
        json_decref(more);
        query->model.count = 0;
        query->model.pane_count = 0;
        query->since_us = scene.pane_us;
        query->filter_port = query->model.query.filter[0] != '\0' ? 3 : 0;
        panes(&scene, 1);
        assert_true(query->changed);
    }
    scene_end(&scene);
}

static void what_counts_anew_has_the_pane_that_has_not_begun(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, NULL, MEMORY);
    struct scene_query *query = scene_add(&scene, ADDRESSES);
    panes(&scene, 8);
    change_both(&scene, "a", "{\"filter\": \"port = 3\"}");
    query->filter_port = 3;
    query->model.count = 0;
    query->model.pane_count = 0;
    query->since_us = scene.pane_us;
    panes(&scene, 1);
    assert_true(query->changed);
    panes(&scene, 8);
    scene_end(&scene);
}

static void what_is_removed_answers_no_more(void **state)
{
    (void)state;
    struct scene scene;
    struct error err;
    scene_begin(&scene, NULL, MEMORY);
    struct scene_query *first = scene_add(&scene, ADDRESSES);
    scene_add(&scene, "{\"name\": \"b\", \"kind\": \"top\", \"subject\": \"port\"}");
    scene_add(&scene, "{\"name\": \"c\", \"kind\": \"top\", \"subject\": \"vlan\"}");
    panes(&scene, 3);
    flows(&scene);
    assert_int_equal(query_set_remove(scene.set, "a", &err), 0);
    assert_int_equal(query_set_remove(scene.set, "c", &err), 0);
    assert_int_equal(query_set_remove(scene.set, "a", &err), -ENOENT);
    assert_string_equal(err.text, "there is no query a");
    // Another one of its name, which has not counted this pane.
    json_t *again = scene_json(ADDRESSES);
    assert_int_equal(query_set_add(scene.set, again, &err), 0);
    json_decref(again);
    scene_close(&scene);
    assert_int_equal(scene.told, 1);
    assert_int_equal(first->answers, 3);
    first->since_us = scene.pane_us;
    first->model.count = 0;
    first->model.pane_count = 0;
    panes(&scene, 1);
    assert_int_equal(scene.told, 2);
    assert_true(first->changed);
    scene_end(&scene);
}

static void answers_count(void *context, const struct query_answer *answer)
{
    *(unsigned *)context += answer->query != NULL;
}

// /proc/self/statm: octets of the address space.
static unsigned long address_space(void)
{
    unsigned long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    assert_non_null(statm);
    assert_int_equal(fscanf(statm, "%lu", &pages), 1);
    fclose(statm);
    return pages * 4096;
}

// Each counting takes more than MEMORY of the address space, wherever it was let go of.
static void what_is_let_go_of_gives_its_memory_back(void **state)
{
    (void)state;
    enum { ROUNDS = 200 };
    struct scene scene;
    struct error err;
    scene_begin(&scene, NULL, MEMORY);
    scene.check = NULL;
    scene_add(&scene, ADDRESSES);
    unsigned long before = address_space();
    for (unsigned round = 0; round < ROUNDS; round++) {
        if (round % 2 == 0) {
            flows(&scene);
        }
        assert_int_equal(change(&scene, "a", "{\"subject\": \"port\"}"), 0);
        flows(&scene);
        assert_int_equal(change(&scene, "a", "{\"k\": 4}"), 0);
        assert_int_equal(change(&scene, "a", "{\"subject\": \"source\"}"), 0);
        query_set_remove(scene.set, "b", &err);
        json_t *other = scene_json("{\"name\": \"b\", \"kind\": \"top\", \"subject\": \"vlan\"}");
        assert_int_equal(query_set_add(scene.set, other, &err), 0);
        json_decref(other);
        const struct pane pane = {.start_us = scene.pane_us,
                                  .end_us = scene.pane_us + MODEL_PANE_US};
        unsigned answers = 0;
        query_set_pane(scene.set, &pane, answers_count, &answers);
        assert_true(answers > 0);
        scene.pane_us += MODEL_PANE_US;
    }
    assert_true(address_space() < before + (unsigned long)ROUNDS * MEMORY / 2);
    scene_end(&scene);
}

static void names_note(void *context, const struct query_answer *answer)
{
    strcat(context, answer->query->name);
}

static void answers_come_in_the_order_of_adding(void **state)
{
    (void)state;
    struct scene scene;
    char names[SCENE_QUERIES_MAX + 1] = "";
    struct error err;
    scene_begin(&scene, NULL, MEMORY);
    for (char name = 'h'; name >= 'a'; name--) {
        char definition[128];
        snprintf(definition, sizeof(definition),
                 "{\"name\": \"%c\", \"kind\": \"top\", \"subject\": \"port\"}", name);
        scene_add(&scene, definition);
    }
    assert_int_equal(query_set_remove(scene.set, "e", &err), 0);
    assert_int_equal(change(&scene, "g", "{\"subject\": \"mac\"}"), 0);
    scene_add(&scene, "{\"name\": \"e\", \"kind\": \"top\", \"subject\": \"port\"}");
    const struct pane pane = {.start_us = 0, .end_us = MODEL_PANE_US};
    query_set_pane(scene.set, &pane, names_note, names);
    assert_string_equal(names, "hgfdcbae");
    scene_end(&scene);
}

static void what_cannot_be_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    struct scene scene;
    struct error err;
    scene_begin(&scene, NULL, MEMORY);
    for (unsigned i = 0; i < SCENE_QUERIES_MAX; i++) {
        char definition[128];
        snprintf(definition, sizeof(definition),
                 "{\"name\": \"q%u\", \"kind\": \"top\", \"subject\": \"port\"}", i);
        scene_add(&scene, definition);
    }
    json_t *before = query_set_list(scene.set);
    static const struct {
        const char *definition;
        int code;
        const char *why;
    } cases[] = {
        {"{\"name\": \"q\", \"kind\": \"top\", \"subject\": \"port\"}", -ENOSPC,
         "there are 32 queries, as many as query.max allows"},
        {"{\"name\": \"q3\", \"kind\": \"top\", \"subject\": \"port\"}", -EEXIST,
         "name: there is a query q3 already"},
        {"{\"name\": \"q\", \"kind\": \"tip\", \"subject\": \"port\"}", -EINVAL, "kind: "},
        {"{\"name\": \"q\", \"kind\": \"top\", \"subject\": \"port\", \"filter\": \"port = \"}",
         -EINVAL, "filter, column 8: "},
        {"[]", -EINVAL, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *json = scene_json(cases[i].definition);
        assert_int_equal(query_set_add(scene.set, json, &err), cases[i].code);
        assert_int_equal(strncmp(err.text, cases[i].why, strlen(cases[i].why)), 0);
        json_decref(json);
    }
    assert_int_equal(change(&scene, "q", "{\"k\": 1}"), -ENOENT);
    assert_int_equal(change(&scene, "q1", "{\"k\": 0}"), -EINVAL);
    assert_int_equal(change(&scene, "q1", "{\"percent\": 1}"), -EINVAL);
    assert_int_equal(change(&scene, "q1", "{\"window\": \"1500ms\"}"), -EINVAL);
    json_t *after = query_set_list(scene.set);
    assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(after);
    scene_close(&scene);
    assert_int_equal(scene.told, SCENE_QUERIES_MAX);
    scene_end(&scene);
}

static void definitions_are_shown(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, NULL, MEMORY);
    scene_add(&scene, ADDRESSES);
    assert_int_equal(change(&scene, "a", "{\"k\": 6}"), 0);
    json_t *one = query_set_get(scene.set, "a");
    assert_int_equal(json_integer_value(json_object_get(one, "k")), 6);
    assert_int_equal(json_integer_value(json_object_get(one, "revision")), 2);
    assert_null(query_set_get(scene.set, "b"));
    assert_true(query_set_has(scene.set, "a"));
    assert_false(query_set_has(scene.set, "b"));
    json_t *all = query_set_list(scene.set);
    assert_int_equal(query_set_count(scene.set), json_array_size(all));
    assert_int_equal(json_array_size(all), 1);
    assert_true(json_equal(json_array_get(all, 0), one));
    json_decref(one);
    json_decref(all);
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_query_never_counts_a_part_of_a_pane),
        cmocka_unit_test(a_pane_without_flows_is_answered_by_all),
        cmocka_unit_test(parameters_hold_from_the_next_answer_on),
        cmocka_unit_test(a_window_grows_with_the_time_that_passes),
        cmocka_unit_test(what_counts_anew_waits_for_the_next_pane),
        cmocka_unit_test(what_counts_anew_has_the_pane_that_has_not_begun),
        cmocka_unit_test(what_is_removed_answers_no_more),
        cmocka_unit_test(what_is_let_go_of_gives_its_memory_back),
        cmocka_unit_test(answers_come_in_the_order_of_adding),
        cmocka_unit_test(what_cannot_be_is_refused_and_changes_nothing),
        cmocka_unit_test(definitions_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
