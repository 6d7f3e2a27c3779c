// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

// The source itself, as its table is nobody else's to see.
#include "dataplane/flow/application.c"

#include "tests/unit/base/random.h"

enum { TCP = 6, UDP = 17 };

static struct application_ports ports;

static int ports_make(void **state)
{
    (void)state;
    memset(&ports, 0xff, sizeof(ports)); // whatever was there
    application_ports_init(&ports);
    return 0;
}

static const struct find_case {
    uint8_t protocol;
    uint16_t one, other;
    const char *name;
} find_cases[] = {
    {TCP, 50000, 443, "https"}, {UDP, 50000, 443, "https"},
    {UDP, 53, 53, "dns"},       {TCP, 22, 53, "ssh"}, // the lower port decides
    {TCP, 443, 1024, "https"},                        // 1024 tells nothing
    {TCP, 7, 443, "https"},                           // nor does 7: then the higher one
    {TCP, 50000, 50001, "tcp"},                       // neither: the transport
    {UDP, 50000, 50001, "udp"}, {TCP, 0, 0, "tcp"},
    {UDP, 0, 50000, "udp"},     {UDP, 50000, 22, "udp"}, // SSH is TCP's
    {TCP, 67, 50000, "tcp"},                             // and DHCP UDP's
    {1, 443, 443, "icmp"},                               // ports of what has none
    {132, 443, 443, "sctp"},
};

static void ports_tell_the_application(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(find_cases) / sizeof(find_cases[0]); i++) {
        const struct find_case *find = &find_cases[i];
        const uint16_t forth[2] = {find->one, find->other};
        const uint16_t back[2] = {find->other, find->one};
        uint16_t number = application_find(&ports, find->protocol, forth);
        assert_string_equal(application_name(number), find->name);
        assert_int_equal(application_find(&ports, find->protocol, back), number);
    }
}

static void answers_are_symmetric_and_bounded(void **state)
{
    (void)state;
    struct random random = {.state = 8};
    for (unsigned i = 0; i < 1000000; i++) {
        uint64_t draw = random_next(&random);
        // Low ports are where the table is full.
        const uint16_t forth[2] = {(uint16_t)(draw & 0x3ff), (uint16_t)(draw >> 16)};
        const uint16_t back[2] = {forth[1], forth[0]};
        uint8_t protocol = draw >> 63 ? TCP : UDP;
        uint16_t number = application_find(&ports, protocol, forth);
        assert_true(number == application_find(&ports, protocol, back));
        assert_true(number == protocol ||
                    (number >= APPLICATION_FIRST && number < APPLICATION_MAX));
    }
}

static void names_are_told_once(void **state)
{
    (void)state;
    unsigned named = 0;
    for (uint16_t one = 0; one < APPLICATION_MAX; one++) {
        const char *name = application_name(one);
        if (name == NULL) {
            continue;
        }
        named++;
        assert_int_not_equal(name[0], '\0');
        assert_string_not_equal(name, "other"); // what windows call all that has no name
        for (uint16_t other = 0; other < one; other++) {
            const char *before = application_name(other);
            assert_true(before == NULL || strcmp(before, name) != 0);
        }
    }
    assert_true(named > APPLICATION_COUNT);
    assert_null(application_name(255)); // reserved
    assert_null(application_name(APPLICATION_FIRST + APPLICATION_COUNT));
    assert_null(application_name(APPLICATION_MAX - 1));
}

// A port in two rows would silently be the later one's.
static void each_port_is_in_one_row(void **state)
{
    (void)state;
    for (size_t row = 0; row < APPLICATION_COUNT; row++) {
        const struct application *application = &applications[row];
        assert_true(application->tcp[0] != 0 || application->udp[0] != 0);
        for (size_t i = 0; i < PORTS_MAX; i++) {
            uint16_t tcp = application->tcp[i], udp = application->udp[i];
            assert_true(tcp == 0 || ports.tcp[tcp] == APPLICATION_FIRST + row);
            assert_true(udp == 0 || ports.udp[udp] == APPLICATION_FIRST + row);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_tell_the_application),
        cmocka_unit_test(answers_are_symmetric_and_bounded),
        cmocka_unit_test(names_are_told_once),
        cmocka_unit_test(each_port_is_in_one_row),
    };
    return cmocka_run_group_tests(tests, ports_make, NULL);
}
