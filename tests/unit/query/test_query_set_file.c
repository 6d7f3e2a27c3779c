// SPDX-License-Identifier: Apache-2.0
// Definitions that survive a restart, and files that cannot be read or written.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/query/set_scene.h"

enum { MEMORY = 1 << 20, MAX = 3 };

struct place {
    char directory[64];
    char file[80];
    char beside[90];
};

static void place_make(struct place *place)
{
    strcpy(place->directory, "/tmp/weir-test-queries-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->file, sizeof(place->file), "%s/queries.json", place->directory);
    snprintf(place->beside, sizeof(place->beside), "%s.new", place->file);
}

static void place_remove(const struct place *place)
{
    assert_int_equal(access(place->beside, F_OK), -1); // nothing is left beside the file
    unlink(place->file);
    assert_int_equal(rmdir(place->directory), 0);
}

static int set_open(struct query_set **set, const char *path, struct error *err)
{
    const struct query_set_options options = {
        .path = path, .max = MAX, .memory_bytes = MEMORY, .pane_us = MODEL_PANE_US};
    err->text[0] = '\0';
    return query_set_create(set, &options, err);
}

static struct query_set *set_of(const char *path)
{
    struct query_set *set = NULL;
    struct error err;
    if (set_open(&set, path, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return set;
}

static int add(struct query_set *set, const char *name, struct error *err)
{
    char text[160];
    snprintf(text, sizeof(text),
             "{\"name\": \"%s\", \"kind\": \"top\", \"subject\": \"address\", \"k\": 3, "
             "\"filter\": \"port = 53\"}",
             name);
    json_t *json = scene_json(text);
    int code = query_set_add(set, json, err);
    json_decref(json);
    return code;
}

static int change(struct query_set *set, const char *name, const char *members, struct error *err)
{
    json_t *json = scene_json(members);
    int code = query_set_change(set, name, json, err);
    json_decref(json);
    return code;
}

static void file_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void revision_note(void *context, const struct query_answer *answer)
{
    unsigned *changed = context;
    *changed += answer->changed;
}

static void definitions_survive_a_restart(void **state)
{
    (void)state;
    struct place place;
    struct error err;
    place_make(&place);
    struct query_set *set = set_of(place.file);
    assert_int_equal(access(place.file, F_OK), -1); // it is written only on a change
    assert_int_equal(add(set, "c", &err), 0);
    assert_int_equal(add(set, "b", &err), 0);
    assert_int_equal(add(set, "a", &err), 0);
    assert_int_equal(change(set, "b", "{\"k\": 7, \"window\": \"1h\", \"filter\": null}", &err), 0);
    assert_int_equal(change(set, "b", "{\"subject\": \"port\"}", &err), 0);
    assert_int_equal(query_set_remove(set, "c", &err), 0);
    json_t *before = query_set_list(set);
    query_set_free(set);

    set = set_of(place.file);
    json_t *after = query_set_list(set);
    assert_true(json_equal(before, after));
    assert_int_equal(json_array_size(after), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(after, 0), "revision")), 3);
    unsigned changed = 0;
    const struct pane pane = {.start_us = 0, .end_us = MODEL_PANE_US};
    query_set_pane(set, &pane, revision_note, &changed);
    assert_int_equal(changed, 2);
    query_set_free(set);
    json_decref(before);
    json_decref(after);
    place_remove(&place);
}

static void files_that_are_wrong_are_told_and_left_alone(void **state)
{
    (void)state;
#define PORTS(name) "{\"name\": \"" name "\", \"kind\": \"top\", \"subject\": \"port\"}"
    static const struct {
        const char *text;
        int code;
        const char *why; // behind the path
    } cases[] = {
        {"", -EINVAL, ":1: "},
        {"[\n" PORTS("a") ",\n", -EINVAL, ":3: "},
        {"[{\"name\": \"a\", \"name\": \"b\"}]", -EINVAL, ":1: duplicate object key"},
        {"{}", -EINVAL, ": expected an array of queries"},
        {"[7]", -EINVAL, ": query 1: "},
        {"[" PORTS("a") ", {\"name\": \"b\", \"kind\": \"tap\"}]", -EINVAL,
         ": query 2 (b): kind: expected "},
        {"[{\"name\": \"x y\", \"kind\": \"top\", \"subject\": \"port\"}]", -EINVAL,
         ": query 1 (x y): name: expected "},
        {"[" PORTS("a") ", " PORTS("b") ", " PORTS("a") "]", -EINVAL,
         ": query 3 (a): name: query 1 has the same"},
        {"[" PORTS("a") ", " PORTS("b") ", " PORTS("c") ", " PORTS("d") "]", -EINVAL,
         " has 4 queries; expected at most 3 (query.max)"},
        {"[{\"name\": \"a\", \"kind\": \"top\", \"subject\": \"port\", \"filter\": \"prt = 5\"}]",
         -EINVAL, ": query 1 (a): filter, column 1: "},
    };
    struct place place;
    place_make(&place);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err;
        struct query_set *untouched = NULL;
        file_write(place.file, cases[i].text);
        int code = set_open(&untouched, place.file, &err);
        if (code != cases[i].code || strncmp(err.text, place.file, strlen(place.file)) != 0 ||
            strncmp(err.text + strlen(place.file), cases[i].why, strlen(cases[i].why)) != 0) {
            fail_msg("case %zu: %d, %s", i, code, err.text);
        }
        assert_null(untouched);
    }
    place_remove(&place);
}

static void what_cannot_be_read_is_told(void **state)
{
    (void)state;
    struct place place;
    struct error err;
    struct query_set *set = NULL;
    place_make(&place);
    assert_int_equal(set_open(&set, place.directory, &err), -EISDIR);
    assert_non_null(strstr(err.text, place.directory));
    file_write(place.file, "[]");
    char below[100];
    snprintf(below, sizeof(below), "%s/queries.json", place.file);
    assert_int_equal(set_open(&set, below, &err), -ENOTDIR);
    assert_null(set);
    place_remove(&place);
}

static void a_directory_that_is_missing_is_told_on_a_change(void **state)
{
    (void)state;
    struct error err;
    struct query_set *set = set_of("/tmp/weir-test-not-there/queries.json");
    assert_int_equal(add(set, "a", &err), -EIO);
    assert_string_equal(err.text, "cannot write /tmp/weir-test-not-there/queries.json: the "
                                  "directory /tmp/weir-test-not-there is not there");
    json_t *all = query_set_list(set);
    assert_int_equal(json_array_size(all), 0);
    json_decref(all);
    query_set_free(set);
}

static char *file_text(const char *path)
{
    static char text[4096];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

// A file that finds no room: nothing has changed, neither there nor in the set.
static void a_full_disk_changes_nothing(void **state)
{
    (void)state;
    struct place place;
    struct error err;
    char before_text[4096];
    place_make(&place);
    struct query_set *set = set_of(place.file);
    assert_int_equal(add(set, "a", &err), 0);
    assert_int_equal(add(set, "b", &err), 0);
    json_t *before = query_set_list(set);
    strcpy(before_text, file_text(place.file));

    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const struct rlimit full = {.rlim_cur = 50, .rlim_max = limit.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &full);
    int added = add(set, "c", &err);
    int changed = change(set, "a", "{\"k\": 9}", &err);
    int restarted = change(set, "a", "{\"subject\": \"port\"}", &err);
    int removed = query_set_remove(set, "a", &err);
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(added, -EIO);
    assert_int_equal(changed, -EIO);
    assert_int_equal(restarted, -EIO);
    assert_int_equal(removed, -EIO);
    assert_non_null(strstr(err.text, place.file));

    json_t *after = query_set_list(set);
    assert_true(json_equal(before, after));
    assert_string_equal(before_text, file_text(place.file));
    unsigned answers = 0;
    const struct pane pane = {.start_us = 0, .end_us = MODEL_PANE_US};
    query_set_pane(set, &pane, revision_note, &answers);
    assert_int_equal(answers, 2);
    assert_int_equal(add(set, "c", &err), 0); // there is room again
    query_set_free(set);
    json_decref(before);
    json_decref(after);
    place_remove(&place);
}

// Two sensors with one file, and who edits it meanwhile: none overwrites what another has written.
static void what_somebody_else_wrote_is_left_alone(void **state)
{
    (void)state;
    struct place place;
    struct error err;
    place_make(&place);
    struct query_set *one = set_of(place.file);
    struct query_set *other = set_of(place.file);
    assert_int_equal(add(one, "a", &err), 0);
    assert_int_equal(add(other, "b", &err), -EIO);
    assert_non_null(strstr(err.text, "was changed since weir read it"));
    assert_false(query_set_has(other, "b"));
    assert_int_equal(add(one, "c", &err), 0);
    query_set_free(other);
    other = set_of(place.file);
    assert_true(query_set_has(other, "c"));
    assert_int_equal(add(other, "b", &err), 0);
    assert_int_equal(query_set_remove(one, "a", &err), -EIO);
    assert_true(query_set_has(one, "a"));
    file_write(place.file, "[]");
    assert_int_equal(query_set_remove(other, "b", &err), -EIO);
    assert_string_equal(file_text(place.file), "[]");
    unlink(place.file);
    assert_int_equal(query_set_remove(other, "b", &err), -EIO);
    assert_int_equal(access(place.file, F_OK), -1);
    query_set_free(one);
    query_set_free(other);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(definitions_survive_a_restart),
        cmocka_unit_test(files_that_are_wrong_are_told_and_left_alone),
        cmocka_unit_test(what_cannot_be_read_is_told),
        cmocka_unit_test(a_directory_that_is_missing_is_told_on_a_change),
        cmocka_unit_test(a_full_disk_changes_nothing),
        cmocka_unit_test(what_somebody_else_wrote_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
