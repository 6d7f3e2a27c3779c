// SPDX-License-Identifier: Apache-2.0
// What a definition makes of a query, how it is shown, changed and refused.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/query/query.h"

#define SECOND_US INT64_C(1000000)

static json_t *json_of(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_DECODE_ANY, &error);
    if (json == NULL) {
        fail_msg("%s: %s", text, error.text);
    }
    return json;
}

static struct query query_of(const char *text)
{
    struct query query;
    struct error err;
    json_t *json = json_of(text);
    if (query_read(&query, json, SECOND_US, &err) != 0) {
        fail_msg("%s: %s", text, err.text);
    }
    json_decref(json);
    return query;
}

static void assert_shown(const struct query *query, const char *expected)
{
    json_t *json = query_json(query);
    char *text = json_dumps(json, 0);
    assert_string_equal(text, expected);
    free(text);
    json_decref(json);
}

static const struct {
    const char *text;
    const char *shown;
} shown[] = {
    {"{\"name\": \"a\", \"kind\": \"share\", \"subject\": \"protocol\"}",
     "{\"name\": \"a\", \"kind\": \"share\", \"subject\": \"protocol\", \"by\": \"bytes\", "
     "\"window\": \"1m\", \"percent\": 10.0, \"traffic\": \"external\", \"revision\": 1}"},
    {"{\"name\": \"a\", \"kind\": \"top\", \"subject\": \"address\"}",
     "{\"name\": \"a\", \"kind\": \"top\", \"subject\": \"address\", \"by\": \"bytes\", "
     "\"window\": \"1m\", \"k\": 10, \"traffic\": \"external\", \"revision\": 1}"},
    {"{\"name\": \"a\", \"kind\": \"deviation\", \"subject\": \"mac\"}",
     "{\"name\": \"a\", \"kind\": \"deviation\", \"subject\": \"mac\", \"by\": \"bytes\", "
     "\"window\": \"1m\", \"deviations\": 3.0, \"baseline\": \"mean\", \"traffic\": \"external\", "
     "\"revision\": 1}"},
    {"{\"filter\": \"port = 53\", \"traffic\": \"all\", \"percent\": 0.5, \"window\": \"90s\", "
     "\"by\": \"flows\", \"ipv6_bits\": 64, \"subject\": \"prefix\", \"kind\": \"share\", "
     "\"name\": \"Not.so_short-1\", \"revision\": 7}",
     "{\"name\": \"Not.so_short-1\", \"kind\": \"share\", \"subject\": \"prefix\", "
     "\"ipv4_bits\": 24, \"ipv6_bits\": 64, \"by\": \"flows\", \"window\": \"90s\", "
     "\"percent\": 0.5, \"traffic\": \"all\", \"filter\": \"port = 53\", \"revision\": 1}"},
    {"{\"name\": \"a\", \"kind\": \"deviation\", \"subject\": \"vlan\", \"by\": \"packets\", "
     "\"baseline\": \"zero\", \"deviations\": 0, \"window\": \"60m\", \"filter\": \"\"}",
     "{\"name\": \"a\", \"kind\": \"deviation\", \"subject\": \"vlan\", \"by\": \"packets\", "
     "\"window\": \"1h\", \"deviations\": 0.0, \"baseline\": \"zero\", \"traffic\": \"external\", "
     "\"revision\": 1}"},
    {"{\"name\": \"a\", \"kind\": \"top\", \"subject\": \"source_prefix\", \"k\": 1000, "
     "\"ipv4_bits\": 1, \"ipv6_bits\": 128, \"window\": \"1000ms\"}",
     "{\"name\": \"a\", \"kind\": \"top\", \"subject\": \"source_prefix\", \"ipv4_bits\": 1, "
     "\"ipv6_bits\": 128, \"by\": \"bytes\", \"window\": \"1s\", \"k\": 1000, "
     "\"traffic\": \"external\", \"revision\": 1}"},
};

static void test_a_definition_is_read_and_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        struct query query = query_of(shown[i].text);
        assert_shown(&query, shown[i].shown);
        struct query again = query_of(shown[i].shown); // what is shown is taken again
        assert_shown(&again, shown[i].shown);
    }
}

static void test_all_names_are_taken(void **state)
{
    (void)state;
    static const struct {
        const char *member;
        const char *const *names;
    } choices[] = {{"kind", query_kind_names},
                   {"by", query_by_names},
                   {"traffic", query_traffic_names},
                   {"subject", subject_kind_names}};
    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        for (const char *const *name = choices[i].names; *name != NULL; name++) {
            json_t *json = json_of("{\"name\": \"a\", \"kind\": \"top\", \"subject\": \"port\"}");
            json_object_set_new(json, choices[i].member, json_string(*name));
            struct query query;
            assert_int_equal(query_read(&query, json, SECOND_US, NULL), 0);
            json_t *back = query_json(&query);
            assert_string_equal(json_string_value(json_object_get(back, choices[i].member)), *name);
            json_decref(back);
            json_decref(json);
        }
    }
}

#define TOP(members)   "{\"name\": \"a\", \"kind\": \"top\", \"subject\": \"port\"" members "}"
#define SHARE(members) "{\"name\": \"a\", \"kind\": \"share\", \"subject\": \"port\"" members "}"
#define DEVIATION(members)                                                                         \
    "{\"name\": \"a\", \"kind\": \"deviation\", \"subject\": \"port\"" members "}"
#define NAME_EXPECTED "name: expected a name of 1 to 64 letters, digits, dots, - and _; got "
#define A64           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define WINDOW_EXPECTED                                                                            \
    "window: expected a duration from 1s to 1h in whole panes of 1s, with its unit, such as 60s; " \
    "got "

static const struct {
    const char *text;
    const char *message;
} wrong[] = {
    {"[]", "expected an object; got []"},
    {"\"top\"", "expected an object; got \"top\""},
    {"{}", NAME_EXPECTED "nothing"},
    {"{\"name\": \"a\"}", "kind: expected one of share, top, deviation; got nothing"},
    {"{\"name\": \"a\", \"kind\": \"top\"}",
     "subject: expected one of source, destination, address, source_prefix, destination_prefix, "
     "prefix, source_port, destination_port, port, protocol, transport, application, vlan, vni, "
     "teid, conversation, source_mac, destination_mac, mac; got nothing"},
    {"{\"name\": \"\", \"kind\": \"top\", \"subject\": \"port\"}", NAME_EXPECTED "\"\""},
    {"{\"name\": \"a b\"}", NAME_EXPECTED "\"a b\""},
    {"{\"name\": \"a/b\"}", NAME_EXPECTED "\"a/b\""},
    {"{\"name\": \"..\"}", NAME_EXPECTED "\"..\""},
    {"{\"name\": 5}", NAME_EXPECTED "5"},
    {"{\"name\": \"" A64 "a\"}", NAME_EXPECTED "\"" A64 "a\""},
    {"{\"name\": [\"" A64 A64 "\"]}", NAME_EXPECTED "[\"" A64 "aaaaaaaaaa..."},
    {"{\"name\": \"a\", \"kind\": \"Top\"}",
     "kind: expected one of share, top, deviation; got \"Top\""},
    {"{\"name\": \"a\", \"kind\": null}", "kind: expected one of share, top, deviation; got null"},
    {TOP(", \"by\": \"octets\""), "by: expected one of bytes, packets, flows; got \"octets\""},
    {TOP(", \"traffic\": true"), "traffic: expected one of external, all; got true"},
    {TOP(", \"k\": 0"), "k: expected an integer from 1 to 1000; got 0"},
    {TOP(", \"k\": 1001"), "k: expected an integer from 1 to 1000; got 1001"},
    {TOP(", \"k\": 1.0"), "k: expected an integer from 1 to 1000; got 1.0"},
    {TOP(", \"k\": \"1\""), "k: expected an integer from 1 to 1000; got \"1\""},
    {TOP(", \"k\": 4294967297"), "k: expected an integer from 1 to 1000; got 4294967297"},
    {TOP(", \"k\": null"), "k: expected an integer from 1 to 1000; got null"},
    {TOP(", \"percent\": 5"), "percent: only queries of kind share have one"},
    {TOP(", \"baseline\": \"mean\""), "baseline: only queries of kind deviation have one"},
    {TOP(", \"deviations\": 5"), "deviations: only queries of kind deviation have one"},
    {SHARE(", \"k\": 5"), "k: only queries of kind top have one"},
    {SHARE(", \"percent\": -0.1"), "percent: expected a number from 0 to 100; got -0.1"},
    {SHARE(", \"percent\": 100.5"), "percent: expected a number from 0 to 100; got 100.5"},
    {SHARE(", \"percent\": \"5%\""), "percent: expected a number from 0 to 100; got \"5%\""},
    {SHARE(", \"ipv4_bits\": 24"),
     "ipv4_bits: only queries by source_prefix, destination_prefix or prefix have one"},
    {"{\"name\": \"a\", \"kind\": \"top\", \"subject\": \"prefix\", \"ipv4_bits\": 33}",
     "ipv4_bits: expected an integer from 1 to 32; got 33"},
    {"{\"name\": \"a\", \"kind\": \"top\", \"subject\": \"prefix\", \"ipv6_bits\": 0}",
     "ipv6_bits: expected an integer from 1 to 128; got 0"},
    {DEVIATION(", \"deviations\": -1"), "deviations: expected a number from 0 to 1000000; got -1"},
    {DEVIATION(", \"baseline\": \"median\""),
     "baseline: expected one of mean, zero; got \"median\""},
    {TOP(", \"window\": 60"), WINDOW_EXPECTED "60"},
    {TOP(", \"window\": \"60\""), WINDOW_EXPECTED "\"60\""},
    {TOP(", \"window\": \"0s\""), WINDOW_EXPECTED "\"0s\""},
    {TOP(", \"window\": \"999ms\""), WINDOW_EXPECTED "\"999ms\""},
    {TOP(", \"window\": \"1500ms\""), WINDOW_EXPECTED "\"1500ms\""},
    {TOP(", \"window\": \"3601s\""), WINDOW_EXPECTED "\"3601s\""},
    {TOP(", \"window\": \"9999999999999h\""), WINDOW_EXPECTED "\"9999999999999h\""},
    {TOP(", \"filter\": 53"),
     "filter: expected a string such as \"destination_port = 53\"; got 53"},
    {TOP(", \"filter\": null"),
     "filter: expected a string such as \"destination_port = 53\"; got null"},
    {TOP(", \"filter\": \"port = 53 ro vlan\""),
     "filter, column 11: found \"ro\", expected \"and\", \"or\" or the end"},
    {TOP(", \"windw\": \"60s\""), "unknown member \"windw\", did you mean window?"},
    {TOP(", \"subjects\": 1"), "unknown member \"subjects\", did you mean subject?"},
    {TOP(", \"colour\": 1"), "unknown member \"colour\""},
    {TOP(", \"\\u001b[31m\": 1"), "unknown member \"\\u001B[31m\""},
};

static void test_what_is_wrong_is_refused(void **state)
{
    (void)state;
    struct query before;
    memset(&before, 0x5a, sizeof(before));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct query query = before;
        struct error err = {.text = ""};
        json_t *json = json_of(wrong[i].text);
        assert_int_equal(query_read(&query, json, SECOND_US, &err), -EINVAL);
        assert_string_equal(err.text, wrong[i].message);
        assert_memory_equal(&query, &before, sizeof(query));
        json_decref(json);
    }
}

static void test_windows_are_whole_panes(void **state)
{
    (void)state;
    static const struct {
        int64_t pane_us;
        const char *text;
        int64_t window_us; // or what is returned
    } windows[] = {
        {SECOND_US, TOP(""), 60 * SECOND_US},
        {7 * SECOND_US, TOP(""), 63 * SECOND_US},
        {3600 * SECOND_US, TOP(""), 3600 * SECOND_US},
        {10000, TOP(", \"window\": \"10ms\""), 10000},
        {10000, TOP(", \"window\": \"15ms\""), -EINVAL},
        {7 * SECOND_US, TOP(", \"window\": \"60s\""), -EINVAL},
        {7 * SECOND_US, TOP(", \"window\": \"70s\""), 70 * SECOND_US},
        {3600 * SECOND_US, TOP(", \"window\": \"1h\""), 3600 * SECOND_US},
        {3600 * SECOND_US, TOP(", \"window\": \"1m\""), -EINVAL},
    };
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        struct query query;
        json_t *json = json_of(windows[i].text);
        int code = query_read(&query, json, windows[i].pane_us, NULL);
        assert_int_equal(code != 0 ? code : query.window_us, windows[i].window_us);
        json_decref(json);
    }
}

static const struct {
    const char *from;
    const char *members;
    const char *result; // shown, or the message
} changes[] = {
    {TOP(""), "{\"k\": 3}",
     TOP(", \"by\": \"bytes\", \"window\": \"1m\", \"k\": 3, \"traffic\": \"external\", "
         "\"revision\": 2")},
    {TOP(", \"filter\": \"vlan\", \"k\": 7"), "{\"filter\": null, \"name\": \"a\"}",
     TOP(", \"by\": \"bytes\", \"window\": \"1m\", \"k\": 7, \"traffic\": \"external\", "
         "\"revision\": 2")},
    {TOP(", \"k\": 7"), "{\"k\": null, \"window\": \"5s\", \"revision\": 9}",
     TOP(", \"by\": \"bytes\", \"window\": \"5s\", \"k\": 10, \"traffic\": \"external\", "
         "\"revision\": 2")},
    {TOP(", \"filter\": \"vlan\""), "{}",
     TOP(", \"by\": \"bytes\", \"window\": \"1m\", \"k\": 10, \"traffic\": \"external\", "
         "\"filter\": \"vlan\", \"revision\": 2")},
    {TOP(", \"k\": 7"), "{\"kind\": \"share\", \"percent\": 3}",
     SHARE(", \"by\": \"bytes\", \"window\": \"1m\", \"percent\": 3.0, \"traffic\": \"external\", "
           "\"revision\": 2")},
    {"{\"name\": \"a\", \"kind\": \"top\", \"subject\": \"prefix\", \"ipv4_bits\": 16}",
     "{\"subject\": \"port\"}",
     TOP(", \"by\": \"bytes\", \"window\": \"1m\", \"k\": 10, \"traffic\": \"external\", "
         "\"revision\": 2")},
    {TOP(""), "{\"kind\": \"share\", \"k\": 3}", "k: only queries of kind top have one"},
    {TOP(""), "{\"percent\": 3}", "percent: only queries of kind share have one"},
    {TOP(""), "{\"kind\": \"most\"}", "kind: expected one of share, top, deviation; got \"most\""},
    {TOP(""), "{\"kind\": null}", "kind: expected one of share, top, deviation; got nothing"},
    {TOP(""), "{\"name\": \"b\"}", "name: cannot be changed from \"a\"; got \"b\""},
    {TOP(""), "{\"name\": null}", "name: cannot be changed from \"a\"; got null"},
    {TOP(""), "{\"kk\": null}", "unknown member \"kk\""},
    {TOP(""), "{\"filter\": \"prt = 1\"}",
     "filter, column 1: found \"prt\", expected a field such as source_ip (did you mean port?)"},
    {TOP(""), "3", "expected an object; got 3"},
};

static void test_a_change_is_held_against_the_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct query query = query_of(changes[i].from);
        struct query before = query;
        struct error err = {.text = ""};
        json_t *json = json_of(changes[i].members);
        int code = query_change(&query, json, SECOND_US, &err);
        json_decref(json);
        if (changes[i].result[0] == '{') {
            assert_string_equal(err.text, "");
            assert_int_equal(code, 0);
            assert_shown(&query, changes[i].result);
        } else {
            assert_int_equal(code, -EINVAL);
            assert_string_equal(err.text, changes[i].result);
            assert_memory_equal(&query, &before, sizeof(query));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_definition_is_read_and_shown),
        cmocka_unit_test(test_all_names_are_taken),
        cmocka_unit_test(test_what_is_wrong_is_refused),
        cmocka_unit_test(test_windows_are_whole_panes),
        cmocka_unit_test(test_a_change_is_held_against_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
