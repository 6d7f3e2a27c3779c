// SPDX-License-Identifier: Apache-2.0
// What of a query's answer ends up where in its record, and what is left out.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/publish/fill.h"
#include "tests/unit/publish/failing.h"
#include "tests/unit/publish/losses.h"

#define BIT(field) (UINT64_C(1) << RECORD_QUERY_##field)

// Of every answer.
#define ALWAYS                                                                                     \
    (BIT(QUERY) | BIT(REVISION) | BIT(KIND) | BIT(SUBJECT) | BIT(BY) | BIT(TRAFFIC) |              \
     BIT(WINDOW_US) | BIT(START_US) | BIT(END_US) | BIT(ROWS) | BIT(MATCHING) | BIT(SUBJECTS) |    \
     BIT(TOTAL) | BIT(MEAN) | BIT(STDDEV) | BIT(EXACT) | BIT(LOSS))

static struct query query;
static struct query_row rows[QUERY_ROWS_MAX];
static struct query_answer answer;

static void row_set(unsigned index, const uint8_t address[4], uint64_t value)
{
    struct pane_flow flow = {.key = {.vni_protocol = 17}};
    memcpy(flow.key.address[0], address, 4);
    memcpy(flow.key.address[1], address, 4);
    struct subject_key keys[SUBJECT_KEYS_MAX];
    assert_int_equal(subject_keys(&query.subject, &flow, keys), 1);
    rows[index] = (struct query_row){
        .key = keys[0], .value = value, .percent = (double)value / 10, .deviations = 0.25 * index};
}

static int scene(void **state)
{
    (void)state;
    query = (struct query){
        .name = "heavy",
        .kind = QUERY_SHARE,
        .subject = {.kind = SUBJECT_ADDRESS, .ipv4_bits = 24, .ipv6_bits = 48},
        .by = QUERY_BYTES,
        .window_us = 5000000,
        .percent = 12.5,
        .k = 3,
        .deviations = 2.5,
        .baseline = QUERY_ZERO,
        .traffic = QUERY_EXTERNAL,
        .revision = 7,
    };
    answer = (struct query_answer){
        .query = &query,
        .start_us = 1000000,
        .end_us = 6000000,
        .rows = rows,
        .row_count = 2,
        .matching = 3,
        .subjects = 9,
        .total = 1000,
        .mean = 111.5,
        .stddev = 2.25,
        .exact = true,
        .error = 44,
        .loss = losses_made,
    };
    row_set(0, (const uint8_t[]){10, 0, 0, 1}, 500);
    row_set(1, (const uint8_t[]){192, 0, 2, 200}, 300);
    return 0;
}

static struct record *filled(uint32_t sampling)
{
    static struct record record;
    memset(&record, 0xff, sizeof(record));
    assert_int_equal(fill_query(&record, &answer, sampling), 0);
    assert_int_equal(record.type, RECORD_QUERY);
    return &record;
}

static void an_answer_is_copied(void **state)
{
    (void)state;
    struct record *record = filled(1);
    const struct record_query *to = &record->query;
    assert_int_equal(record->known, ALWAYS | BIT(PERCENT));
    query.name[0] = '?'; // nothing of the query's is kept
    memset(rows, 0xff, sizeof(rows));
    assert_string_equal(to->query, "heavy");
    assert_string_equal(to->subject, "address");
    assert_int_equal(to->revision, 7);
    assert_int_equal(to->window_us, 5000000);
    assert_true(to->percent == 12.5);
    assert_int_equal(to->start_us, 1000000);
    assert_int_equal(to->end_us, 6000000);
    assert_int_equal(to->matching, 3);
    assert_int_equal(to->subjects, 9);
    assert_int_equal(to->total, 1000);
    assert_true(to->mean == 111.5 && to->stddev == 2.25 && to->exact);
    const struct record_query_row *row = to->rows.row;
    assert_int_equal(to->rows.count, 2);
    assert_string_equal(row[0].name, "10.0.0.1");
    assert_int_equal(row[0].value, 500);
    assert_true(row[0].percent == 50 && row[0].deviations == 0);
    assert_string_equal(row[1].name, "192.0.2.200");
    assert_int_equal(row[1].value, 300);
    assert_true(row[1].percent == 30 && row[1].deviations == 0.25);
    record_release(record);
}

static void losses_are_copied(void **state)
{
    (void)state;
    struct record *record = filled(1);
    losses_assert(&record->query.loss);
    record_release(record);
}

static void each_kind_has_its_own_parameters(void **state)
{
    (void)state;
    static const struct {
        enum query_kind kind;
        uint64_t known;
    } cases[] = {
        {QUERY_SHARE, BIT(PERCENT)},
        {QUERY_TOP, BIT(K)},
        {QUERY_DEVIATION, BIT(DEVIATIONS) | BIT(BASELINE)},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        query.kind = cases[i].kind;
        struct record *record = filled(1);
        assert_int_equal(record->known, ALWAYS | cases[i].known);
        assert_int_equal(record->query.k, 3);
        assert_true(record->query.deviations == 2.5);
        assert_int_equal(record->query.baseline, RECORD_BASELINE_ZERO);
        record_release(record);
    }
}

static void lengths_are_told_of_prefixes_only(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < SUBJECT_KIND_COUNT; kind++) {
        query.subject.kind = kind;
        answer.row_count = 0;
        struct record *record = filled(1);
        const char *name = subject_kind_names[kind];
        bool prefix = strstr(name, "prefix") != NULL;
        assert_string_equal(record->query.subject, name);
        assert_int_equal(record_knows(record, RECORD_QUERY_IPV4_BITS), prefix);
        assert_int_equal(record_knows(record, RECORD_QUERY_IPV6_BITS), prefix);
        assert_int_equal(record->query.ipv4_bits, 24);
        assert_int_equal(record->query.ipv6_bits, 48);
        record_release(record);
    }
}

static void an_error_is_told_where_there_is_one(void **state)
{
    (void)state;
    static const uint64_t errors[] = {
        [QUERY_BYTES] = BIT(ERROR_BYTES),
        [QUERY_PACKETS] = BIT(ERROR_PACKETS),
        [QUERY_FLOWS] = BIT(ERROR_FLOWS),
    };
    answer.exact = false;
    answer.loss.activity_shed = 0;
    for (unsigned by = 0; by < QUERY_BY_COUNT; by++) {
        query.by = by;
        struct record *record = filled(1);
        assert_int_equal(record->known, ALWAYS | BIT(PERCENT) | errors[by]);
        assert_int_equal(record->query.error, 44);
        assert_false(record->query.exact);
        record_release(record);
    }
}

static void an_error_that_is_not_known_is_left_out(void **state)
{
    (void)state;
    answer.exact = false;
    answer.loss.activity_shed = 1;
    struct record *record = filled(1);
    assert_int_equal(record->known, ALWAYS | BIT(PERCENT));
    assert_false(record->query.exact);
    record_release(record);
}

static void what_is_seldom_is_told_when_it_is(void **state)
{
    (void)state;
    strcpy(query.filter, "port = 53");
    answer.changed = true;
    struct record *record = filled(4);
    assert_int_equal(record->known,
                     ALWAYS | BIT(PERCENT) | BIT(FILTER) | BIT(CHANGED) | BIT(SAMPLING));
    assert_string_equal(record->query.filter, "port = 53");
    assert_true(record->query.changed);
    assert_int_equal(record->query.sampling, 4);
    record_release(record);
}

static void no_rows_are_an_empty_list(void **state)
{
    (void)state;
    answer.row_count = 0;
    struct record *record = filled(1);
    assert_int_equal(record->known, ALWAYS | BIT(PERCENT));
    assert_int_equal(record->query.rows.count, 0);
    record_release(record);
}

static void there_is_room_for_all_rows(void **state)
{
    (void)state;
    query.subject.kind = SUBJECT_CONVERSATION;
    for (unsigned i = 0; i < QUERY_ROWS_MAX; i++) {
        struct pane_flow flow = {.key = {.vni_protocol = 17, .scope = KEY_IPV6}};
        memset(flow.key.address, 0xee, sizeof(flow.key.address));
        flow.key.address[0][15] = (uint8_t)i;
        flow.key.address[1][14] = (uint8_t)(i >> 8);
        struct subject_key keys[SUBJECT_KEYS_MAX];
        assert_int_equal(subject_keys(&query.subject, &flow, keys), 1);
        rows[i] = (struct query_row){.key = keys[0], .value = i};
    }
    answer.row_count = QUERY_ROWS_MAX;
    struct record *record = filled(1);
    const struct record_query_row *to = record->query.rows.row;
    for (unsigned i = 0; i < QUERY_ROWS_MAX; i++) {
        char name[SUBJECT_TEXT_MAX];
        subject_text(&query.subject, &rows[i].key, name);
        assert_string_equal(to[i].name, name);
        assert_int_equal(to[i].value, i);
    }
    record_release(record);
}

// A record and a query name the same things alike.
static void check_names(enum record_query_field field, const char *const *names)
{
    const char *const *told = record_query_table.fields[field].names;
    size_t count = 0;
    for (; names[count] != NULL; count++) {
        assert_string_equal(told[count], names[count]);
    }
    assert_true(count > 1);
    assert_null(told[count]);
}

static void names_are_those_of_queries(void **state)
{
    (void)state;
    check_names(RECORD_QUERY_KIND, query_kind_names);
    check_names(RECORD_QUERY_BY, query_by_names);
    check_names(RECORD_QUERY_TRAFFIC, query_traffic_names);
    check_names(RECORD_QUERY_BASELINE, query_baseline_names);
}

// Whatever memory cannot be had, what there is holds; what only saves memory is done without.
static void without_memory_a_record_has_less(void **state)
{
    (void)state;
    strcpy(query.filter, "port = 53");
    const uint64_t owned = BIT(QUERY) | BIT(FILTER) | BIT(ROWS);
    struct record record;
    failing_after(-1);
    assert_int_equal(fill_query(&record, &answer, 1), 0);
    int allocations = failing_seen();
    record_release(&record);
    uint64_t lacked = 0;
    for (int i = 0; i < allocations; i++) {
        memset(&record, 0xff, sizeof(record));
        failing_after(i);
        int code = fill_query(&record, &answer, 1);
        failing_after(-1);
        uint64_t lacks = (ALWAYS | BIT(PERCENT) | BIT(FILTER)) & ~record.known;
        assert_int_equal(code, lacks != 0 ? -ENOMEM : 0);
        assert_int_equal(lacks & ~owned, 0);
        lacked |= lacks;
        if (record_knows(&record, RECORD_QUERY_ROWS)) {
            const struct record_query_row *row = record.query.rows.row;
            assert_string_equal(row[1].name, "192.0.2.200");
        }
        record_release(&record);
    }
    assert_int_equal(lacked, owned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_answer_is_copied, scene),
        cmocka_unit_test_setup(losses_are_copied, scene),
        cmocka_unit_test_setup(each_kind_has_its_own_parameters, scene),
        cmocka_unit_test_setup(lengths_are_told_of_prefixes_only, scene),
        cmocka_unit_test_setup(an_error_is_told_where_there_is_one, scene),
        cmocka_unit_test_setup(an_error_that_is_not_known_is_left_out, scene),
        cmocka_unit_test_setup(what_is_seldom_is_told_when_it_is, scene),
        cmocka_unit_test_setup(no_rows_are_an_empty_list, scene),
        cmocka_unit_test_setup(there_is_room_for_all_rows, scene),
        cmocka_unit_test_setup(names_are_those_of_queries, scene),
        cmocka_unit_test_setup(without_memory_a_record_has_less, scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
