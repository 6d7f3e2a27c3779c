// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>

#include "dataplane/base/prefix.h"
#include "tests/unit/base/random.h"

static struct prefix prefix_of(const char *text)
{
    struct prefix prefix;
    struct error err = {0};
    if (prefix_read(&prefix, text, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return prefix;
}

static bool address_of(const char *text, uint8_t address[16])
{
    bool ipv6 = strchr(text, ':') != NULL;
    memset(address, 0, 16);
    assert_int_equal(inet_pton(ipv6 ? AF_INET6 : AF_INET, text, address), 1);
    return ipv6;
}

static void prefixes_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct prefix prefix;
    } cases[] = {
        {"10.0.0.0/8", {{10}, 8, false}},
        {"192.0.2.128/25", {{192, 0, 2, 128}, 25, false}},
        {"192.0.2.7", {{192, 0, 2, 7}, 32, false}},
        {"192.0.2.7/32", {{192, 0, 2, 7}, 32, false}},
        {"0.0.0.0/0", {{0}, 0, false}},
        {"2001:db8::/32", {{0x20, 1, 0xd, 0xb8}, 32, true}},
        {"2001:db8::", {{0x20, 1, 0xd, 0xb8}, 128, true}},
        {"::/0", {{0}, 0, true}},
        {"::ffff:10.0.0.0/104", {{[10] = 0xff, 0xff, 10}, 104, true}},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.254/127",
         {{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 254},
          127,
          true}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct prefix prefix = prefix_of(cases[i].text);
        assert_memory_equal(prefix.address, cases[i].prefix.address, 16);
        assert_int_equal(prefix.bits, cases[i].prefix.bits);
        assert_int_equal(prefix.ipv6, cases[i].prefix.ipv6);
    }
}

static void what_is_no_prefix_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", " is no prefix; expected such as 10.0.0.0/8 or 2001:db8::/32"},
        {"/8", "/8 is no prefix"},
        {"ten", "ten is no prefix"},
        {"10.0.0/8", "10.0.0/8 is no prefix"},
        {"10.0.0.0.0/8", "is no prefix"},
        {" 10.0.0.0/8", "is no prefix"},
        {"2001:db8:/32", "is no prefix"},
        {"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111/8", "is no prefix"},
        {"10.0.0.0/", "the length of 10.0.0.0/; expected a number from 0 to 32"},
        {"10.0.0.0/33", "the length of 10.0.0.0/33; expected a number from 0 to 32"},
        {"10.0.0.0/-1", "expected a number from 0 to 32"},
        {"10.0.0.0/ 8", "expected a number from 0 to 32"},
        {"10.0.0.0/8x", "expected a number from 0 to 32"},
        {"10.0.0.0/8/8", "expected a number from 0 to 32"},
        {"10.0.0.0/4294967304", "expected a number from 0 to 32"},
        {"10.0.0.0/99999999999999999999", "expected a number from 0 to 32"},
        {"::/129", "expected a number from 0 to 128"},
        {"10.0.0.1/8", "10.0.0.1/8 is an address within a prefix, with bits past its first 8"},
        {"192.0.2.128/24", "past its first 24; expected these to be 0"},
        {"2001:db8::1/127", "past its first 127"},
        {"128.0.0.0/0", "past its first 0"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct prefix prefix = {.bits = 77};
        struct error err = {0};
        assert_int_equal(prefix_read(&prefix, cases[i].text, &err), -EINVAL);
        if (strstr(err.text, cases[i].message) == NULL) {
            fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].message);
        }
        assert_int_equal(prefix.bits, 77); // untouched
    }
}

static void a_prefix_holds_what_begins_with_it(void **state)
{
    (void)state;
    static const struct {
        const char *prefix;
        const char *address;
        bool held;
    } cases[] = {
        {"10.0.0.0/8", "10.0.0.0", true},
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/8", "9.255.255.255", false},
        {"192.0.2.64/27", "192.0.2.95", true},
        {"192.0.2.64/27", "192.0.2.96", false},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.6", false},
        {"0.0.0.0/0", "255.1.2.3", true},
        {"0.0.0.0/0", "::", false},
        {"::/0", "0.0.0.0", false},
        {"::/0", "2001:db8::1", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"a00::/8", "10.0.0.0", false},
        {"10.0.0.0/8", "a00::", false},
        {"2001:db8::1", "2001:db8::1", true},
        {"2001:db8::1", "2001:db8::3", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct prefix prefix = prefix_of(cases[i].prefix);
        uint8_t address[16];
        bool ipv6 = address_of(cases[i].address, address);
        assert_int_equal(prefix_holds(&prefix, address, ipv6), cases[i].held);
        struct prefix_set set;
        assert_int_equal(prefix_set_init(&set, &cases[i].prefix, 1, NULL), 0);
        assert_int_equal(prefix_set_holds(&set, address, ipv6), cases[i].held);
        prefix_set_fini(&set);
    }
}

static void masks_clear_what_is_past_them(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits <= 128; bits++) {
        uint8_t address[16];
        memset(address, 0xff, sizeof(address));
        prefix_mask(address, bits);
        for (unsigned bit = 0; bit < 128; bit++) {
            assert_int_equal(address[bit / 8] >> (7 - bit % 8) & 1, bit < bits);
        }
    }
}

// A few bits only, so that prefixes nest, repeat and touch.
static struct prefix prefix_draw(struct random *random)
{
    struct prefix prefix = {.ipv6 = random_below(random, 2) != 0};
    prefix.bits = (uint8_t)random_below(random, 13);
    prefix.address[0] = (uint8_t)random_next(random);
    prefix.address[1] = (uint8_t)random_next(random);
    prefix_mask(prefix.address, prefix.bits);
    return prefix;
}

static void prefix_write(const struct prefix *prefix, char *text, size_t size)
{
    char address[INET6_ADDRSTRLEN];
    assert_non_null(
        inet_ntop(prefix->ipv6 ? AF_INET6 : AF_INET, prefix->address, address, sizeof(address)));
    snprintf(text, size, "%s/%u", address, prefix->bits);
}

static void sets_hold_what_one_of_their_prefixes_holds(void **state)
{
    (void)state;
    enum { SETS = 300, PREFIXES_MAX = 12, ADDRESSES = 1 << 13, TEXT = 64 };
    struct random random = {.state = 3};
    for (unsigned round = 0; round < SETS; round++) {
        struct prefix prefixes[PREFIXES_MAX];
        char texts[PREFIXES_MAX][TEXT];
        const char *list[PREFIXES_MAX];
        size_t count = random_below(&random, PREFIXES_MAX + 1);
        for (size_t i = 0; i < count; i++) {
            prefixes[i] = prefix_draw(&random);
            prefix_write(&prefixes[i], texts[i], TEXT);
            list[i] = texts[i];
        }
        struct prefix_set set;
        assert_int_equal(prefix_set_init(&set, list, count, NULL), 0);
        for (unsigned n = 0; n < ADDRESSES; n++) {
            uint8_t address[16] = {(uint8_t)(n >> 4), (uint8_t)(n << 4)};
            bool ipv6 = n >> 12;
            bool held = false;
            for (size_t i = 0; i < count; i++) {
                held |= prefix_holds(&prefixes[i], address, ipv6);
            }
            assert_int_equal(prefix_set_holds(&set, address, ipv6), held);
        }
        prefix_set_fini(&set);
    }
}

static void a_set_with_a_wrong_prefix_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"10.0.0.0/8", "ten"};
    struct prefix_set set = {.count = 77};
    struct error err = {0};
    assert_int_equal(prefix_set_init(&set, texts, 2, &err), -EINVAL);
    assert_non_null(strstr(err.text, "ten is no prefix"));
    assert_int_equal(set.count, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefixes_are_read),
        cmocka_unit_test(what_is_no_prefix_is_refused),
        cmocka_unit_test(a_prefix_holds_what_begins_with_it),
        cmocka_unit_test(masks_clear_what_is_past_them),
        cmocka_unit_test(sets_hold_what_one_of_their_prefixes_holds),
        cmocka_unit_test(a_set_with_a_wrong_prefix_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
