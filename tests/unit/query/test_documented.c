// SPDX-License-Identifier: Apache-2.0
// What docs/QUERIES.md shows is taken, and what can be written is there.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/query/filter.h"
#include "agent/query/filter_field.h"
#include "agent/query/query.h"
#include "agent/query/query_member.h"

enum { PAGE_MAX = 65536 };

static int page_read(void **state)
{
    static char page[PAGE_MAX];
    const char *root = getenv("WEIR_ROOT");
    char path[4096];
    snprintf(path, sizeof(path), "%s/docs/QUERIES.md", root != NULL ? root : ".");
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return -1;
    }
    size_t length = fread(page, 1, sizeof(page) - 1, file);
    fclose(file);
    page[length] = '\0';
    *state = page;
    return length + 1 < sizeof(page) ? 0 : -1;
}

static void assert_names(const char *page, const char *name)
{
    char quoted[80];
    snprintf(quoted, sizeof(quoted), "`%s`", name);
    if (strstr(page, quoted) == NULL) {
        fail_msg("docs/QUERIES.md does not name %s", quoted);
    }
}

static void test_all_that_can_be_written_is_there(void **state)
{
    for (size_t i = 0; i < query_member_count; i++) {
        assert_names(*state, query_members[i].name);
    }
    for (size_t i = 0; i < filter_field_count; i++) {
        assert_names(*state, filter_fields[i].name);
    }
    for (int kind = 0; kind < SUBJECT_KIND_COUNT; kind++) {
        assert_names(*state, subject_kind_names[kind]);
    }
}

// What is between the next line of `fence` and the line that closes it, from *at on, which moves
// behind it; NULL: there is none. To be freed.
static char *block_next(const char **at, const char *fence)
{
    const char *start = strstr(*at, fence);
    const char *end = start != NULL ? strstr(start + strlen(fence), "```") : NULL;
    if (end == NULL) {
        return NULL;
    }
    *at = end + strlen("```");
    return strndup(start + strlen(fence), (size_t)(end - start) - strlen(fence));
}

static void assert_query(const json_t *json)
{
    struct query query;
    struct error err;
    if (query_read(&query, json, 1000000, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

static void test_definitions_shown_are_taken(void **state)
{
    const char *at = *state;
    unsigned count = 0;
    for (char *block; (block = block_next(&at, "```json\n")) != NULL; free(block)) {
        json_t *json = json_loads(block, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(json);
        size_t index;
        const json_t *item;
        json_array_foreach(json, index, item)
        {
            assert_query(item);
            count++;
        }
        if (json_is_object(json)) {
            assert_query(json);
            count++;
        }
        json_decref(json);
    }
    assert_true(count >= 7);
}

static void test_filters_shown_are_taken(void **state)
{
    const char *at = *state;
    unsigned count = 0;
    for (char *block; (block = block_next(&at, "```filter\n")) != NULL; free(block)) {
        for (char *line = strtok(block, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            struct filter *filter;
            struct error err;
            if (filter_create(&filter, line, &err) != 0) {
                fail_msg("%s: %s", line, err.text);
            }
            filter_free(filter);
            count++;
        }
    }
    assert_true(count >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_that_can_be_written_is_there),
        cmocka_unit_test(test_definitions_shown_are_taken),
        cmocka_unit_test(test_filters_shown_are_taken),
    };
    return cmocka_run_group_tests(tests, page_read, NULL);
}
