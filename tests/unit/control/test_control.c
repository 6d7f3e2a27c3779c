// SPDX-License-Identifier: Apache-2.0
// The API as its clients see it: routes, messages, limits.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "api.h"

#define ROOT "/api/v1"
#define HEAVY                                                                                      \
    "{\"name\": \"heavy\", \"kind\": \"share\", \"subject\": \"protocol\", \"percent\": 5}"

static int start(void **state)
{
    struct api *api = calloc(1, sizeof(*api));
    api_start(api, NULL);
    *state = api;
    return 0;
}

static int stop(void **state)
{
    api_stop(*state);
    free(*state);
    return 0;
}

static void test_queries_come_change_and_go(void **state)
{
    struct api *api = *state;
    api_expect(api, "GET", ROOT "/queries", NULL, 200, "{\"queries\":[]}");
    api_expect(api, "POST", ROOT "/queries", HEAVY, 201, "Location: " ROOT "/queries/heavy\r\n");
    api_expect(api, "POST", ROOT "/queries", HEAVY, 409, "heavy");
    api_expect(api, "GET", ROOT "/queries", NULL, 200, "\"name\":\"heavy\"");
    api_expect(api, "PATCH", ROOT "/queries/heavy", "{\"percent\": 7.5}", 200, "\"percent\":7.5");
    api_expect(api, "GET", ROOT "/queries/heavy", NULL, 200, "\"revision\":2");
    // What changes nothing is no new definition.
    api_expect(api, "PATCH", ROOT "/queries/heavy", "{}", 200, "\"revision\":2");
    api_expect(api, "PATCH", ROOT "/queries/heavy", "{\"percent\": 7.5, \"filter\": null}", 200,
               "\"revision\":2");
    api_expect(api, "GET", ROOT "/queries/heavy%00x", NULL, 404, "heavy%00x");
    api_expect(api, "GET", ROOT "/queries/heavy/answer", NULL, 404, "no answer yet");
    api_expect(api, "DELETE", ROOT "/queries/heavy", NULL, 204, "HTTP/1.1");
    api_expect(api, "DELETE", ROOT "/queries/heavy", NULL, 404, "heavy");
    api_expect(api, "GET", ROOT "/queries/heavy", NULL, 404, "no query has the name 'heavy'");
}

static void test_changes_are_logged_with_who_asked(void **state)
{
    struct api *api = *state;
    struct notice notice;
    api_expect(api, "POST", ROOT "/queries", HEAVY, 201, "heavy");
    api_expect(api, "PATCH", ROOT "/config", "{\"log.level\": \"error\"}", 200, "\"error\"");
    assert_true(control_notice(api->control, &notice));
    assert_non_null(strstr(notice.message.text, "query heavy added by 127.0.0.1:"));
    assert_non_null(strstr(notice.message.text, "\"percent\": 5"));
    assert_true(control_notice(api->control, &notice));
    assert_non_null(strstr(notice.message.text, "option log.level changed by 127.0.0.1:"));
    assert_false(control_notice(api->control, &notice));
}

// Nobody is to take a part of a definition for all of it.
static void test_a_line_that_is_too_long_says_so(void **state)
{
    struct api *api = *state;
    struct notice notice;
    char body[2048];
    for (size_t blanks = 0; blanks < 4; blanks++) {
        int bytes = snprintf(body, sizeof(body), "%*s{\"filter\": \"port = 1", (int)blanks, "");
        memset(body + bytes, ' ', 1000);
        strcpy(body + bytes + 1000, " or port = 2\"}");
        api_expect(api, "POST", ROOT "/queries", HEAVY, 201, "heavy");
        api_expect(api, "PATCH", ROOT "/queries/heavy", body, 200, "heavy");
        api_expect(api, "DELETE", ROOT "/queries/heavy", NULL, 204, "HTTP/1.1");
        assert_true(control_notice(api->control, &notice));
        assert_null(strstr(notice.message.text, "cut"));
        assert_true(control_notice(api->control, &notice));
        assert_non_null(strstr(notice.message.text, "... (cut; the whole line has 10"));
        assert_true(control_notice(api->control, &notice));
    }
}

static void test_options_change_together_or_not_at_all(void **state)
{
    struct api *api = *state;
    struct notice notice;
    api_expect(api, "PATCH", ROOT "/config", "{\"log.level\": \"error\", \"log.file\": \"x\"}", 409,
               "log.file: cannot change");
    api_expect(api, "PATCH", ROOT "/config", "{\"log.level\": \"error\", \"x\": 1}", 400,
               "unknown option");
    assert_false(control_notice(api->control, &notice));
    api_expect(api, "GET", ROOT "/config", NULL, 200, "\"log.level\":\"info\"");
}

static void test_what_changed_by_itself_is_shown(void **state)
{
    struct api *api = *state;
    json_t *options = json_pack("{s:s}", "log.level", "debug");
    control_config(api->control, options);
    json_decref(options);
    api_expect(api, "GET", ROOT "/config", NULL, 200, "\"log.level\":\"debug\"");
    api_expect(api, "GET", ROOT "/config", NULL, 200, "\"sensor\":\"edge-1\"");
}

static void test_nothing_changes_that_cannot_be_logged(void **state)
{
    struct api *api = *state;
    struct notice notice;
    api_expect(api, "POST", ROOT "/queries", HEAVY, 201, "heavy");
    for (unsigned i = 1; i < NOTICES_MAX; i++) {
        api_expect(api, "PATCH", ROOT "/queries/heavy", "{\"percent\": 6}", 200, "heavy");
    }
    api_expect(api, "PATCH", ROOT "/queries/heavy", "{\"percent\": 7}", 503, "logged");
    api_expect(api, "PATCH", ROOT "/config", "{\"log.level\": \"error\"}", 503, "logged");
    api_expect(api, "DELETE", ROOT "/queries/heavy", NULL, 503, "logged");
    api_expect(api, "GET", ROOT "/queries/heavy", NULL, 200, "\"percent\":6");
    assert_true(control_notice(api->control, &notice));
    api_expect(api, "PATCH", ROOT "/queries/heavy", "{\"percent\": 7}", 200, "heavy");
}

static void test_wrong_bodies_are_refused_by_place(void **state)
{
    static const struct {
        const char *body;
        unsigned status;
        const char *contains;
    } cases[] = {
        {"", 400, "the body is empty"},
        {"{\n  \"name\": \"a\",\n  oops}", 400, "line 3, column"},
        {"{\"name\": \"a\", \"name\": \"b\"}", 400, "duplicate"},
        {"[]", 400, "expected a JSON object; got an array"},
        {"7", 400, "got a number"},
        {"{\"name\": \"a b\", \"kind\": \"top\", \"subject\": \"port\"}", 400, "name: expected"},
        {"{\"name\": \"a\", \"kind\": \"tap\", \"subject\": \"port\"}", 400, "kind: expected"},
        {"{\"name\": \"a\", \"kind\": \"top\", \"subject\": \"port\", \"kk\": 1}", 400, "kk"},
        {"{\"name\": \"a\", \"kind\": \"top\", \"subject\": \"port\", \"filter\": \"port = \"}",
         400, "column"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        api_expect(*state, "POST", ROOT "/queries", cases[i].body, cases[i].status,
                   cases[i].contains);
    }
    api_expect(*state, "GET", ROOT "/queries", NULL, 200, "{\"queries\":[]}");
}

static void test_windows_by_time_and_number(void **state)
{
    struct api *api = *state;
    api_expect(api, "GET", ROOT "/windows", NULL, 200, "{\"windows\":[]}");
    api_expect(api, "GET", ROOT "/windows/latest", NULL, 404, "no window yet");
    for (int64_t i = 0; i < 130; i++) {
        api_window(api, i * 1000000, (uint64_t)i);
    }
    api_expect(api, "GET", ROOT "/windows/latest", NULL, 200, "{\"type\":\"window\",\"schema\":");
    api_expect(
        api, "GET", ROOT "/windows/latest", NULL, 200,
        "\"sensor\":\"edge-1\",\"start_us\":129000000,\"end_us\":130000000,\"packets\":129}");
    struct answer two = api_ask(api, "GET", ROOT "/windows?limit=2", NULL, NULL);
    json_t *json = json_loads(two.body, 0, NULL);
    json_t *windows = json_object_get(json, "windows");
    assert_int_equal(json_array_size(windows), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(windows, 0), "packets")),
                     128);
    json_decref(json);
    answer_free(&two);
    // Of 130 the last 100 are kept.
    struct answer all =
        api_ask(api, "GET", ROOT "/windows?limit=1000&from_us=0&to_us=102000000", NULL, NULL);
    json = json_loads(all.body, 0, NULL);
    windows = json_object_get(json, "windows");
    assert_int_equal(json_array_size(windows), 72);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(windows, 0), "packets")),
                     30);
    json_decref(json);
    answer_free(&all);
}

static void test_wrong_parameters_are_named(void **state)
{
    static const struct {
        const char *path;
        const char *contains;
    } cases[] = {
        {ROOT "/windows?limt=3", "limt: unknown parameter; /api/v1/windows takes limit, from_us"},
        {ROOT "/windows?limit=0", "limit: expected an integer from 1 to"},
        {ROOT "/windows?limit=ten", "got ten"},
        {ROOT "/windows?limit", "got nothing"},
        {ROOT "/windows?limit=1&limit=2", "limit: given twice"},
        {ROOT "/windows?from_us=5&to_us=4", "from_us: expected no more than to_us"},
        {ROOT "/windows?from_us=99999999999999999999", "from_us: expected"},
        {ROOT "/anomalies?state=closed", "state: expected one of open, all; got closed"},
        {ROOT "/health?x=1", "x: unknown parameter"},
        {ROOT "/windows?a&b&c&d&e&f&g&h&i", "more than 8 parameters"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        api_expect(*state, "GET", cases[i].path, NULL, 400, cases[i].contains);
    }
}

static void test_options_change_or_say_why_not(void **state)
{
    struct api *api = *state;
    api_expect(api, "GET", ROOT "/config", NULL, 200, "\"log.level\":\"info\"");
    api_expect(api, "PATCH", ROOT "/config", "{\"log.level\": \"error\"}", 200,
               "\"log.level\":\"error\"");
    api_expect(api, "GET", ROOT "/config", NULL, 200, "\"log.level\":\"error\"");
    api_expect(api, "PATCH", ROOT "/config", "{\"log.levle\": \"error\"}", 400, "unknown option");
    api_expect(api, "PATCH", ROOT "/config", "{\"log.level\": 3}", 400, "log.level: expected");
    api_expect(api, "PATCH", ROOT "/config", "{\"log.file\": \"x\"}", 409, "while weir runs");
    api_expect(api, "PATCH", ROOT "/config", "{}", 400, "at least one option");
    api_expect(api, "PATCH", ROOT "/config", "{\"log.level\": \"info\", \"log.file\": \"x\"}", 409,
               "log.file: cannot change");
    api_expect(api, "GET", ROOT "/config", NULL, 200, "\"log.level\":\"error\"");
}

static void test_an_agent_that_is_too_busy_is_not_waited_for(void **state)
{
    struct api *api = *state;
    atomic_store(&api->polls, false);
    api_expect(api, "PATCH", ROOT "/config", "{\"log.level\": \"error\"}", 503, "nothing was");
    api_expect(api, "GET", ROOT "/config", NULL, 200, "\"log.level\":\"info\"");
}

static void test_books_health_and_readiness(void **state)
{
    struct api *api = *state;
    api_expect(api, "GET", ROOT "/books", NULL, 404, "no books yet");
    control_books(api->control, json_pack("{s:i}", "received", 7));
    api_expect(api, "GET", ROOT "/books", NULL, 200, "{\"received\":7}");
    api_expect(api, "GET", ROOT "/health", NULL, 200, "\"alive\":true");
    api_expect(api, "GET", ROOT "/ready", NULL, 503, "it is starting");
    control_ready(api->control, true, NULL);
    api_expect(api, "GET", ROOT "/ready", NULL, 200, "{\"ready\":true}");
    control_ready(api->control, false, "records do not leave");
    api_expect(api, "GET", ROOT "/ready", NULL, 503, "records do not leave");
    api_expect(api, "GET", ROOT, NULL, 200, "/api/v1/queries/{name}");
    api_expect(api, "GET", ROOT "/openapi.json", NULL, 200, "\"openapi\":\"3.0.3\"");
}

static void test_methods_and_paths(void **state)
{
    struct api *api = *state;
    api_expect(api, "PUT", ROOT "/queries", "{}", 405, "Allow: GET, HEAD, POST, OPTIONS\r\n");
    api_expect(api, "DELETE", ROOT "/config", NULL, 405, "Allow: GET, HEAD, PATCH, OPTIONS\r\n");
    api_expect(api, "OPTIONS", ROOT "/queries/x", NULL, 204,
               "Allow: GET, HEAD, PATCH, DELETE, OPTIONS\r\n");
    api_expect(api, "GET", "/nothing", NULL, 404, "{\"error\":");
    api_expect(api, "GET", ROOT "/nothing", NULL, 404, "no such path");
    api_expect(api, "GET", ROOT "/queries/", NULL, 404, "{\"error\":");
    api_expect(api, "GET", "/api/v1x", NULL, 404, "{\"error\":");
    api_expect(api, "GET", ROOT "/queries/a%00b", NULL, 404, "a%00b");
    api_expect(api, "GET", ROOT "/queries/%ff%22", NULL, 404, "\\\"");
    struct answer head = api_ask(api, "HEAD", ROOT "/health", NULL, NULL);
    assert_int_equal(head.status, 200);
    assert_string_equal(head.body, "");
    answer_free(&head);
}

static void expect_with(const struct api *api, const char *more, const char *body, unsigned status,
                        const char *contains)
{
    struct answer answer = api_ask(api, body != NULL ? "POST" : "GET", ROOT "/queries", more, body);
    if (answer.status != status || strstr(answer.text, contains) == NULL) {
        fail_msg("%s: expected %u and %s; got %s", more, status, contains, answer.text);
    }
    answer_free(&answer);
}

static void test_pages_of_other_sites_are_refused(void **state)
{
    struct api *api = *state;
    char origin[64];
    expect_with(api, "Origin: http://evil.example\r\n", NULL, 403, "Origin");
    expect_with(api, "Origin: null\r\n", HEAVY, 403, "Origin");
    snprintf(origin, sizeof(origin), "Origin: http://127.0.0.1:%u\r\n", control_port(api->control));
    expect_with(api, origin, NULL, 200, "queries");
    static const char *const hosts[][2] = {
        {"evil.example", "403"},
        {"127.0.0.1.evil.example", "403"},
        {"localhost", "200"},
        {"LOCALHOST:99", "200"},
        {"[::1]:8471", "200"},
        {"127.1.2.3", "200"},
        {"169.254.169.254:8471", "403"},
        {"[2001:db8::1]", "403"},
        {"", "403"},
    };
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        char request[256];
        int bytes = snprintf(request, sizeof(request),
                             "GET " ROOT "/queries HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n"
                             "\r\n",
                             hosts[i][0]);
        struct answer answer = api_send(api, request, (size_t)bytes);
        if (answer.status != (unsigned)atoi(hosts[i][1])) {
            fail_msg("%s: %s", hosts[i][0], answer.text);
        }
        answer_free(&answer);
    }
}

static void test_bodies_have_a_type_and_a_size(void **state)
{
    struct api *api = *state;
    static const char plain[] = "POST " ROOT "/queries HTTP/1.1\r\nHost: localhost\r\n"
                                "Connection: close\r\nContent-Length: 2\r\n"
                                "Content-Type: text/plain\r\n\r\n{}";
    static const char large[] = "POST " ROOT "/queries HTTP/1.1\r\nHost: localhost\r\n"
                                "Connection: close\r\nContent-Length: 70000\r\n"
                                "Content-Type: application/json\r\n\r\n";
    struct answer answer = api_send(api, plain, strlen(plain));
    assert_int_equal(answer.status, 415);
    answer_free(&answer);
    answer = api_send(api, large, strlen(large));
    assert_int_equal(answer.status, 413);
    answer_free(&answer);
}

// Without a length: what is too much is found out as it comes.
static void test_a_body_in_chunks_has_a_limit(void **state)
{
    static const char head[] = "POST " ROOT "/queries HTTP/1.1\r\nHost: localhost\r\n"
                               "Connection: close\r\nTransfer-Encoding: chunked\r\n"
                               "Content-Type: application/json\r\n\r\n";
    char chunk[7 + 4096 + 2];
    size_t room = sizeof(head) + 600 * sizeof(chunk) + 8;
    char *request = malloc(room);
    memcpy(chunk, "1000\r\n", 6);
    memset(chunk + 6, ' ', 4096);
    memcpy(chunk + 6 + 4096, "\r\n", 2);
    for (unsigned chunks = 10; chunks <= 600; chunks += 590) {
        size_t bytes = strlen(head);
        memcpy(request, head, bytes);
        for (unsigned i = 0; i < (chunks == 10 ? 20 : chunks); i++) {
            memcpy(request + bytes, chunk, 6 + 4096 + 2);
            bytes += 6 + 4096 + 2;
        }
        memcpy(request + bytes, "0\r\n\r\n", 5);
        struct answer answer = api_send(*state, request, bytes + 5);
        assert_int_equal(answer.status, chunks == 10 ? 413 : 0);
        answer_free(&answer);
    }
    free(request);
}

static void test_a_head_has_a_limit(void **state)
{
    char *request = calloc(1, 64 * 1024);
    strcpy(request, "GET " ROOT "/health HTTP/1.1\r\nHost: localhost\r\nX-Long: ");
    memset(request + strlen(request), 'a', 40 * 1024);
    strcat(request, "\r\n\r\n");
    struct answer answer = api_send(*state, request, strlen(request));
    assert_true(answer.status >= 400 && answer.status < 500);
    answer_free(&answer);
    free(request);
    api_expect(*state, "GET", ROOT "/health", NULL, 200, "alive");
}

static void test_a_token_is_asked_for(void **state)
{
    (void)state;
    struct api api;
    api_start(&api, "0123456789abcdef-token");
    expect_with(&api, "", NULL, 401, "WWW-Authenticate: Bearer");
    expect_with(&api, "Authorization: Bearer 0123456789abcdef-tokem\r\n", NULL, 401, "not the one");
    expect_with(&api, "Authorization: Bearer 0123456789abcdef-token0123456789abcdef-token\r\n",
                NULL, 401, "not the one");
    expect_with(&api, "Authorization: Bearer 0123456789abcdef\r\n", NULL, 401, "not the one");
    expect_with(&api, "Authorization: Bearer \r\n", NULL, 401, "error");
    expect_with(&api, "Authorization: Basic eDp5\r\n", NULL, 401, "expected Bearer");
    expect_with(&api, "authorization: bearer 0123456789abcdef-token\r\n", NULL, 200, "queries");
    expect_with(&api, "Authorization: Bearer 0123456789abcdef-token\r\n", HEAVY, 201, "heavy");
    struct notice notice;
    assert_true(control_notice(api.control, &notice));
    assert_non_null(strstr(notice.message.text, " with the token: "));
    api_stop(&api);
}

static void test_what_cannot_be_served_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *listen;
        const char *certificate;
        const char *contains;
    } cases[] = {
        {"0.0.0.0:0", NULL, "expected control.token"},
        {"[::]:0", NULL, "expected control.token"},
        {"127.0.0.1", NULL, "expected an address and a port"},
        {"127.0.0.1:99999", NULL, "expected an address and a port"},
        {"::1:80", NULL, "expected an address and a port"},
        {"weir.example:80", NULL, "expected an address and a port"},
        {"127.0.0.1:0", "/nowhere/at/all.pem", "belong together"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct control *control = NULL;
        struct error err;
        struct control_options options = {.listen = cases[i].listen,
                                          .listen_name = "control.listen",
                                          .token_name = "control.token",
                                          .certificate = cases[i].certificate,
                                          .sensor = "edge-1",
                                          .windows_kept = 1};
        options.config = json_object();
        assert_int_equal(control_create(&control, &options, &err), -EINVAL);
        assert_null(control);
        assert_non_null(strstr(err.text, cases[i].contains));
        json_decref(options.config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_queries_come_change_and_go, start, stop),
        cmocka_unit_test_setup_teardown(test_changes_are_logged_with_who_asked, start, stop),
        cmocka_unit_test_setup_teardown(test_a_line_that_is_too_long_says_so, start, stop),
        cmocka_unit_test_setup_teardown(test_options_change_together_or_not_at_all, start, stop),
        cmocka_unit_test_setup_teardown(test_what_changed_by_itself_is_shown, start, stop),
        cmocka_unit_test_setup_teardown(test_nothing_changes_that_cannot_be_logged, start, stop),
        cmocka_unit_test_setup_teardown(test_wrong_bodies_are_refused_by_place, start, stop),
        cmocka_unit_test_setup_teardown(test_windows_by_time_and_number, start, stop),
        cmocka_unit_test_setup_teardown(test_wrong_parameters_are_named, start, stop),
        cmocka_unit_test_setup_teardown(test_options_change_or_say_why_not, start, stop),
        cmocka_unit_test_setup_teardown(test_an_agent_that_is_too_busy_is_not_waited_for, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_books_health_and_readiness, start, stop),
        cmocka_unit_test_setup_teardown(test_methods_and_paths, start, stop),
        cmocka_unit_test_setup_teardown(test_pages_of_other_sites_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_bodies_have_a_type_and_a_size, start, stop),
        cmocka_unit_test_setup_teardown(test_a_body_in_chunks_has_a_limit, start, stop),
        cmocka_unit_test_setup_teardown(test_a_head_has_a_limit, start, stop),
        cmocka_unit_test(test_a_token_is_asked_for),
        cmocka_unit_test(test_what_cannot_be_served_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
