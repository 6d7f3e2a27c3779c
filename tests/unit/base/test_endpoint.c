// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/base/endpoint.h"

static void test_what_is_read_is_written_again(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *shown;
        unsigned port;
        bool loopback;
    } cases[] = {
        {"127.0.0.1:8471", "127.0.0.1:8471", 8471, true},
        {"127.9.9.9:1", "127.9.9.9:1", 1, true},
        {"localhost:0", "127.0.0.1:0", 0, true},
        {"[::1]:8471", "[::1]:8471", 8471, true},
        {"0.0.0.0:65535", "0.0.0.0:65535", 65535, false},
        {"192.0.2.7:80", "192.0.2.7:80", 80, false},
        {"[::]:80", "[::]:80", 80, false},
        {"[2001:DB8::7]:80", "[2001:db8::7]:80", 80, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct endpoint endpoint;
        char text[ENDPOINT_TEXT_MAX];
        assert_int_equal(endpoint_read(&endpoint, cases[i].text, NULL), 0);
        endpoint_text(&endpoint, text);
        assert_string_equal(text, cases[i].shown);
        assert_int_equal(endpoint_port(&endpoint), cases[i].port);
        assert_int_equal(endpoint_is_loopback(&endpoint), cases[i].loopback);
    }
}

static void test_anything_else_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "127.0.0.1",
        ":80",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "::1:80",
        "[127.0.0.1]:80",
        "[::1]",
        "weir.example:80",
        "127.0.0.1:80 ",
        "[::1%lo]:1",
        "127.0.0.1:0x50",
        "127.0.0.1:-80",
        "127.1:80",
        "[]:80",
        "127.0.0.1:000080",
        "[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee:ffff]:80",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct endpoint endpoint = {.bytes = 77};
        struct error err;
        assert_int_equal(endpoint_read(&endpoint, cases[i], &err), -EINVAL);
        assert_int_equal(endpoint.bytes, 77);
        assert_non_null(strstr(err.text, "expected an address and a port"));
    }
}

static void test_an_address_is_known_in_every_way_of_writing(void **state)
{
    (void)state;
    struct endpoint endpoint;
    assert_int_equal(endpoint_read(&endpoint, "[2001:db8::7]:80", NULL), 0);
    assert_true(endpoint_is_at(&endpoint, "2001:DB8:0:0::0007"));
    assert_false(endpoint_is_at(&endpoint, "2001:db8::8"));
    assert_false(endpoint_is_at(&endpoint, "192.0.2.7"));
    assert_int_equal(endpoint_read(&endpoint, "192.0.2.7:80", NULL), 0);
    assert_true(endpoint_is_at(&endpoint, "192.0.2.7"));
    assert_false(endpoint_is_at(&endpoint, "weir"));
}

static void test_a_socket_in_the_file_system_is_local(void **state)
{
    (void)state;
    struct endpoint endpoint = {.bytes = 77};
    struct error err;
    char text[ENDPOINT_TEXT_MAX];
    char too_long[ENDPOINT_TEXT_MAX] = "unix:/";
    memset(too_long + strlen(too_long), 'x', 108);
    const char *const wrong[] = {"unix:", "unix:run/weir", "unix", too_long};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(endpoint_read_any(&endpoint, wrong[i], &err), -EINVAL);
        assert_int_equal(endpoint.bytes, 77);
    }
    assert_int_equal(endpoint_read(&endpoint, "unix:/run/weir", NULL), -EINVAL);
    assert_int_equal(endpoint_read_any(&endpoint, "unix:/run/weir", NULL), 0);
    endpoint_text(&endpoint, text);
    assert_string_equal(text, "unix:/run/weir");
    assert_string_equal(endpoint_path(&endpoint), "/run/weir");
    assert_true(endpoint_is_loopback(&endpoint));
    assert_false(endpoint_is_at(&endpoint, "127.0.0.1"));
    assert_int_equal(endpoint_port(&endpoint), 0);
    assert_int_equal(endpoint_read_any(&endpoint, "192.0.2.7:80", NULL), 0);
    assert_null(endpoint_path(&endpoint));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_read_is_written_again),
        cmocka_unit_test(test_anything_else_is_refused),
        cmocka_unit_test(test_an_address_is_known_in_every_way_of_writing),
        cmocka_unit_test(test_a_socket_in_the_file_system_is_local),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
