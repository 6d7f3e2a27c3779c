// SPDX-License-Identifier: Apache-2.0
// Numbers, addresses and strings as text.
#include <arpa/inet.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "export/encode/text.h"

enum { RANDOM_CASES = 20000, BUFFER = 256 };

// A fixed sequence: the same cases in every run.
static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 11 ^ *state << 23;
}

static void check_u64(uint64_t value)
{
    char expected[BUFFER];
    char written[BUFFER];
    snprintf(expected, sizeof(expected), "%" PRIu64, value);
    *text_u64(written, value) = '\0';
    assert_string_equal(written, expected);
}

static void check_i64(int64_t value)
{
    char expected[BUFFER];
    char written[BUFFER];
    snprintf(expected, sizeof(expected), "%" PRId64, value);
    *text_i64(written, value) = '\0';
    assert_string_equal(written, expected);
}

static void test_integers_are_printf_s(void **state)
{
    (void)state;
    check_u64(0);
    check_u64(UINT64_MAX);
    check_i64(INT64_MIN);
    check_i64(-1);
    uint64_t power = 1;
    for (int digits = 1; digits <= 20; digits++, power *= 10) {
        check_u64(power - 1);
        check_u64(power);
        check_u64(power + 1);
        check_i64(-(int64_t)(power / 2));
    }
    uint64_t seed = 1;
    for (int i = 0; i < RANDOM_CASES; i++) {
        check_u64(next_random(&seed) >> (i % 64));
    }
}

static void test_fractions(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0.0"},
        {-0.0, "0.0"},
        {1, "1.0"},
        {2.5, "2.5"},
        {-2.5, "-2.5"},
        {1208, "1208.0"},
        {0.1, "0.1"},
        {1.0 / 3, "0.333333"},
        {2.0 / 3, "0.666667"},
        {0.000001, "0.000001"},
        {0.0000004, "0.0"},
        {-0.0000004, "0.0"},
        {0.0000005, "0.000001"},
        {0.999999, "0.999999"},
        {0.9999996, "1.0"},
        {100.010000, "100.01"},
        {1700000000.123456, "1700000000.123456"},
        {8999999999999.0, "8999999999999.0"},
        {8999999999999999.0, "8999999999999999.0"},
        {4503599627370495.5, "4503599627370495.5"},
        {9e15, "9000000000000000"},
        {1e300, "1.0000000000000001e+300"},
        {-1e300, "-1.0000000000000001e+300"},
        {NAN, ""},
        {INFINITY, ""},
        {-INFINITY, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char written[BUFFER];
        *text_double(written, cases[i].value) = '\0';
        assert_string_equal(written, cases[i].text);
    }
}

static void check_ip(int family, const uint8_t octets[16])
{
    char expected[INET6_ADDRSTRLEN];
    char written[BUFFER];
    assert_non_null(inet_ntop(family, octets, expected, sizeof(expected)));
    char *end = family == AF_INET ? text_ipv4(written, octets) : text_ipv6(written, octets);
    *end = '\0';
    assert_string_equal(written, expected);
}

static void test_addresses_are_inet_ntop_s(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < RANDOM_CASES; i++) {
        uint64_t noise = next_random(&seed);
        uint8_t octets[16];
        for (int word = 0; word < 8; word++) {
            // Many zero words, short ones and 0xffff, so that every form comes up.
            static const uint16_t masks[] = {0, 0, 0, 0xf, 0xff, 0xfff, 0xffff, 0xffff};
            uint16_t value = next_random(&seed) & masks[noise >> 3 * word & 7];
            value = (noise >> (24 + word) & 7) == 7 ? 0xffff : value;
            octets[2 * word] = value >> 8;
            octets[2 * word + 1] = value & 0xff;
        }
        check_ip(AF_INET6, octets);
        check_ip(AF_INET, octets);
    }
    for (int octet = 0; octet < 256; octet++) {
        check_ip(AF_INET, (uint8_t[16]){octet, 255 - octet, 0, octet});
    }
}

static void test_ipv6_forms(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "::",
        "::1",
        "1::",
        "::ffff:1.2.3.4",
        "::1.2.3.4",
        "::ffff:0:0:1",
        "2001:db8::1",
        "2001:db8:0:1:1:1:1:1",
        "2001:db8::1:0:0:1",
        "2001:0:0:1::1",
        "0:1:2:3:4:5:6:7",
        "fe80::200:86ff:fe05:80da",
        "1:2:3:4:5:6:0:8",
        "1:2:3:4:5:6::",
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        uint8_t octets[16];
        char written[BUFFER];
        assert_int_equal(inet_pton(AF_INET6, forms[i], octets), 1);
        *text_ipv6(written, octets) = '\0';
        assert_string_equal(written, forms[i]);
    }
}

static void test_mac(void **state)
{
    (void)state;
    char written[BUFFER];
    *text_mac(written, (const uint8_t[6]){0x00, 0x1b, 0xa9, 0xff, 0x7e, 0x01}) = '\0';
    assert_string_equal(written, "00:1b:a9:ff:7e:01");
}

static void test_strings_are_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *json;
    } cases[] = {
        {"", ""},
        {"https", "https"},
        {"exactly8", "exactly8"},
        {"longer than eight octets", "longer than eight octets"},
        {"a\"b", "a\\\"b"},
        {"back\\slash, and more behind it", "back\\\\slash, and more behind it"},
        {"\b\f\n\r\t", "\\b\\f\\n\\r\\t"},
        {"\x01\x1f\x7f", "\\u0001\\u001f\x7f"},
        {"1234567\x1f", "1234567\\u001f"},
        {"K\xc3\xb6ln", "K\xc3\xb6ln"},
        {"\xe2\x82\xac \xf0\x9f\x8c\x8a", "\xe2\x82\xac \xf0\x9f\x8c\x8a"},
        {"a\xff"
         "b",
         "a\xef\xbf\xbd"
         "b"},
        {"cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd"},         // ends inside a sequence
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                 // overlong
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, // a surrogate
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, // past U+10FFFF
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char written[BUFFER];
        char *copy = strdup(cases[i].text); // of its own size, so that a sanitizer sees overreading
        char *end = text_json(written, written + BUFFER, copy);
        free(copy);
        assert_non_null(end);
        *end = '\0';
        assert_string_equal(written, cases[i].json);
    }
}

static void test_string_keeps_to_its_room(void **state)
{
    (void)state;
    static const char text[] = "a name of 32 octets with \x01 and \"";
    for (size_t room = 0; room < sizeof(text) + 16; room++) {
        char *written = malloc(room + 1);
        char *end = text_json(written, written + room, text);
        assert_true(end == NULL || end <= written + room);
        assert_true(end == NULL || room >= sizeof(text));
        free(written);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_are_printf_s),
        cmocka_unit_test(test_fractions),
        cmocka_unit_test(test_addresses_are_inet_ntop_s),
        cmocka_unit_test(test_ipv6_forms),
        cmocka_unit_test(test_mac),
        cmocka_unit_test(test_strings_are_escaped),
        cmocka_unit_test(test_string_keeps_to_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
