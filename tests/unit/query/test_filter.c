// SPDX-License-Identifier: Apache-2.0
// What each filter takes of three flows, and how a wrong one is refused.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/query/filter.h"
#include "agent/query/query.h"
#include "flow_made.h"

// The flows that a filter takes.
enum { NONE = 0, WEB = 1, MOBILE = 2, PING = 4, ALL = WEB | MOBILE | PING };

static unsigned taken_by(const struct filter *filter)
{
    const struct pane_flow flows[] = {flow_made_web(), flow_made_mobile(), flow_made_ping()};
    unsigned taken = 0;
    for (unsigned i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
        taken |= (unsigned)filter_holds(filter, &flows[i]) << i;
    }
    return taken;
}

static const struct {
    const char *text;
    unsigned taken;
} cases[] = {
    // the fields
    {"ip_version = 4", WEB | PING},
    {"ip_version = 6", MOBILE},
    {"source_ip = 10.0.0.1", WEB | PING},
    {"source_ip = 2001:db8:0:1::2", MOBILE},
    {"source_ip = 2001:DB8:0:1:0::2", MOBILE},
    {"destination_ip = 192.0.2.7", WEB},
    {"destination_ip = 10.0.0.1", NONE},
    {"ip = 10.0.0.9", PING},
    {"ip = 10.0.0.1", WEB | PING},
    {"source_port = 40000", WEB},
    {"source_port = 40001", MOBILE},
    {"destination_port = 443", WEB},
    {"port = 53", MOBILE},
    {"port = 40000", WEB},
    {"protocol = 6", WEB},
    {"protocol = tcp", WEB},
    {"protocol = https", WEB},
    {"protocol = udp", MOBILE},
    {"protocol = \"dns\"", MOBILE},
    {"protocol = icmp", PING},
    {"protocol = 0x1", PING},
    {"transport = udp", MOBILE},
    {"transport = 1", PING},
    {"application = dns", MOBILE},
    {"application = https", WEB},
    {"vlan = 100", MOBILE},
    {"vlan = 200", MOBILE},
    {"vlan = 300", NONE},
    {"vni = 5000", MOBILE},
    {"tunnel = gtpu", MOBILE},
    {"tunnel = vxlan", NONE},
    {"tunnel_source_ip = 198.51.100.2", MOBILE},
    {"tunnel_source_ip = 198.51.100.1", NONE},
    {"tunnel_destination_ip = 198.51.100.1", MOBILE},
    {"tunnel_ip = 198.51.100.1", MOBILE},
    {"source_mac = 02:00:00:00:00:01", WEB},
    {"destination_mac = 02:00:00:00:00:02", WEB},
    {"mac = 02:00:00:00:00:02", WEB},
    {"mac = 02:00:00:00:00:03", NONE},
    {"source_ttl = 64", WEB},
    {"source_ttl = 61", MOBILE},
    {"destination_ttl = 60", MOBILE},
    {"ttl = 57", WEB},
    {"destination_ttl = 0", NONE}, // the ping's has sent nothing
    {"source_tos = 8", WEB},
    {"tos = 0", ALL},
    {"source_tcp_flags = 26", WEB},
    {"destination_tcp_flags = 0x12", WEB},
    {"tcp_flags = 0", NONE}, // only TCP has any
    {"destination_mpls = 17", MOBILE},
    {"source_mpls = 17", NONE},
    {"mpls = 16", MOBILE},
    {"source_teid = 9", MOBILE},
    {"destination_teid = 7", MOBILE},
    {"teid = 7", MOBILE},
    {"destination_qfi = 5", MOBILE},
    {"source_qfi = 0", NONE},
    {"qfi = 5", MOBILE},
    {"source_packets = 3", WEB},
    {"source_packets = 1", MOBILE | PING},
    {"destination_packets = 0", PING},
    {"packets = 5", WEB},
    {"packets = 1", PING},
    {"source_bytes = 80", MOBILE},
    {"destination_bytes = 400", MOBILE},
    {"bytes = 2800", WEB},
    {"bytes = 84", PING},
    // comparisons
    {"packets != 5", MOBILE | PING},
    {"packets < 2", PING},
    {"packets <= 2", MOBILE | PING},
    {"packets > 2", WEB},
    {"packets >= 2", WEB | MOBILE},
    {"packets < 0", NONE},
    {"packets >= 0", ALL},
    {"packets > 18446744073709551615", NONE},
    {"packets <= 18446744073709551615", ALL},
    {"bytes > 2kB", WEB},
    {"bytes > 1KiB", WEB},
    {"packets < 1k", ALL},
    {"port < 1000", WEB | MOBILE},
    {"port > 40000", MOBILE},
    {"ip != 10.0.0.1", MOBILE}, // neither end is
    {"port != 53", WEB},        // what has no ports has none that differs
    {"not port = 53", WEB | PING},
    {"vlan != 100", NONE}, // one of its ids is
    {"vlan != 300", MOBILE},
    {"ip = 10.0.0.0/8", WEB | PING},
    {"ip != 10.0.0.0/8", MOBILE},
    // lists and ranges
    {"port in 53, 443", WEB | MOBILE},
    {"port in 1000..1999, 8080", NONE},
    {"port in 40001..65535", MOBILE},
    {"port in 40000 .. 40001", WEB | MOBILE},
    {"port in 443..443", WEB},
    {"source_ip in 10.0.0.0/8, 2001:db8::/32", ALL},
    {"ip in 0.0.0.0/0", WEB | PING},
    {"ip in ::/0", MOBILE},
    {"source_ip in 10.0.0.1/32", WEB | PING},
    {"ip in 10.0.0.8/30, 192.0.2.0/29", WEB | PING},
    {"protocol in dns, icmp", MOBILE | PING},
    {"tunnel in vxlan, geneve, gtpu", MOBILE},
    {"mac in 02:00:00:00:00:01, 02:00:00:00:00:09", WEB},
    // whether there is one
    {"vlan", MOBILE},
    {"port", WEB | MOBILE},
    {"not application", PING},
    {"protocol = tcp and application", WEB},
    {"(vni) or mac", WEB | MOBILE},
    // and, or, not, parentheses
    {"port = 53 and ip_version = 6", MOBILE},
    {"port = 53 and ip_version = 4", NONE},
    {"port = 53 or port = 443", WEB | MOBILE},
    {"not port = 53", WEB | PING},
    {"not not port = 53", MOBILE},
    {"not not not port = 53", WEB | PING},
    {"not (port = 53 or port = 443)", PING},
    {"port = 443 or port = 53 and ip_version = 4", WEB}, // "and" binds stronger
    {"(port = 443 or port = 53) and ip_version = 6", MOBILE},
    {"port = 53 and ip_version = 4 or protocol = icmp", PING},
    {"not port = 53 and not protocol = icmp", WEB},
    {"port = 1 or port = 2 or port = 3 or port = 53", MOBILE},
    {"ip_version = 4 and packets = 5 and port = 443 and port = 53", NONE},
    {"((((port = 53))))", MOBILE},
    {"(port=53)and(ip_version=6)", MOBILE},
    {"\tport\n=\r53 ", MOBILE},
    {"destination_port = 53 and not source_ip in 10.0.0.0/8", MOBILE},
    {"(ip in 10.0.0.0/8, 2001:db8::/32 or port in 1000..1999, 8080) and protocol = \"dns\"",
     MOBILE},
};

static void test_a_filter_takes_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct filter *filter = NULL;
        struct error err;
        if (filter_create(&filter, cases[i].text, &err) != 0) {
            fail_msg("%s: %s", cases[i].text, err.text);
        }
        unsigned taken = taken_by(filter);
        if (taken != cases[i].taken) {
            fail_msg("%s: took %#x, not %#x", cases[i].text, taken, cases[i].taken);
        }
        filter_free(filter);
    }
}

static void test_no_filter_takes_all(void **state)
{
    (void)state;
    assert_int_equal(taken_by(NULL), ALL);
    filter_free(NULL);
}

#define PREFIX_EXPECTED                                                                            \
    "expected an address, or a prefix without bits set past its length, such as 10.0.0.0/8 or "    \
    "2001:db8::/32"

static const struct {
    const char *text;
    const char *message;
} wrong[] = {
    {"", "column 1: found the end, expected a field such as source_ip"},
    {"   ", "column 4: found the end, expected a field such as source_ip"},
    {"foo = 1", "column 1: found \"foo\", expected a field such as source_ip"},
    {"sorce_ip = 10.0.0.1",
     "column 1: found \"sorce_ip\", expected a field such as source_ip (did you mean source_ip?)"},
    {"port = 1 and destinatoin_port = 2", "column 14: found \"destinatoin_port\", expected a field "
                                          "such as source_ip (did you mean destination_port?)"},
    {"\"port\" = 1", "column 1: found \"port\", expected a field such as source_ip"},
    {"port 53", "column 6: found \"53\", expected an operator: =, !=, <, <=, >, >= or in"},
    {"port == 53", "column 6: found \"==\", expected an operator: =, !=, <, <=, >, >= or in"},
    {"port <> 53", "column 6: found \"<>\", expected an operator"},
    {"port \"in\" 53", "column 6: found \"in\", expected an operator"},
    {"ip < 10.0.0.1", "column 4: found \"<\", expected an operator: =, != or in"},
    {"application >= dns", "column 13: found \">=\", expected an operator: =, != or in"},
    {"source_ip not in 10.0.0.0/8", "column 11: found \"not\", expected an operator"},
    {"port =", "column 7: found the end, expected a number from 0 to 65535"},
    {"port = 65536", "column 8: found \"65536\", expected a number from 0 to 65535"},
    {"port = -1", "column 8: found \"-1\", expected a number from 0 to 65535"},
    {"port = 1k", "column 8: found \"1k\", expected a number from 0 to 65535"},
    {"port = 0x", "column 8: found \"0x\", expected a number from 0 to 65535"},
    {"port = 99999999999999999999", "column 8: found \"99999999999999999999\", expected a number"},
    {"port=53and ip_version=6", "column 6: found \"53and\", expected a number from 0 to 65535"},
    {"ip_version = 5..", "column 15: found \"..\", expected \"and\", \"or\" or the end"},
    {"ip_version = 3", "column 14: found \"3\", expected a number from 4 to 6"},
    {"vlan = 4096", "column 8: found \"4096\", expected a number from 0 to 4095"},
    {"vni = 16777216", "column 7: found \"16777216\", expected a number from 0 to 16777215"},
    {"teid = 4294967296", "column 8: found \"4294967296\", expected a number from 0 to 4294967295"},
    {"qfi = 64", "column 7: found \"64\", expected a number from 0 to 63"},
    {"mpls = 1048576", "column 8: found \"1048576\", expected a number from 0 to 1048575"},
    {"packets > many", "column 11: found \"many\", expected a number such as 1000 or 10k"},
    {"bytes > 10M", "column 9: found \"10M\", expected a number of octets such as 1500 or 10MB"},
    {"ip = 10.0.0", "column 6: found \"10.0.0\", " PREFIX_EXPECTED},
    {"ip in 10.0.0.0/8, 10.0.0.1/8", "column 19: found \"10.0.0.1/8\", " PREFIX_EXPECTED},
    {"ip in 10.0.0.0/33", "column 7: found \"10.0.0.0/33\", " PREFIX_EXPECTED},
    {"ip in 10.0.0.1..10.0.0.9", "column 15: found \"..\", expected \"and\", \"or\" or the end"},
    {"mac = 02:00:00:00:00", "column 7: found \"02:00:00:00:00\", expected a MAC address"},
    {"mac = 02:00:00:00:00:01:", "column 7: found \"02:00:00:00:00:01:\", expected a MAC address"},
    {"mac = 02-00-00-00-00-01", "column 7: found \"02-00-00-00-00-01\", expected a MAC address"},
    {"protocol = htps", "column 12: found \"htps\", expected a number from 0 to 255 or a name such "
                        "as tcp or dns (did you mean https?)"},
    {"protocol = 256", "column 12: found \"256\", expected a number from 0 to 255 or a name"},
    {"protocol = TCP", "column 12: found \"TCP\", expected a number from 0 to 255 or a name"},
    {"transport = dns",
     "column 13: found \"dns\", expected a number from 0 to 255 or a name such as tcp"},
    {"application = tcp", "column 15: found \"tcp\", expected an application's name such as dns"},
    {"application = 53", "column 15: found \"53\", expected an application's name such as dns"},
    {"tunnel = vxlam", "column 10: found \"vxlam\", expected one of vxlan, geneve, gtpu, gre, "
                       "erspan, ipip, 6in4, teredo, l2tp, capwap (did you mean vxlan?)"},
    {"port in", "column 8: found the end, expected a number from 0 to 65535"},
    {"port in 1,", "column 11: found the end, expected a number from 0 to 65535"},
    {"port in 1,,2", "column 11: found \",\", expected a number from 0 to 65535"},
    {"port in 1 2", "column 11: found \"2\", expected \"and\", \"or\" or the end"},
    {"port in 5..", "column 12: found the end, expected a number from 0 to 65535"},
    {"port in 5..3", "column 12: found \"3\", expected a range's higher end"},
    {"port in 5...8", "column 12: found \".8\", expected a number from 0 to 65535"},
    {"port in (1, 2)", "column 9: found \"(\", expected a number from 0 to 65535"},
    {"port = 1, 2", "column 9: found \",\", expected \"and\", \"or\" or the end"},
    {"port = 1..2", "column 9: found \"..\", expected \"and\", \"or\" or the end"},
    {"port = 53 and", "column 14: found the end, expected a field such as source_ip"},
    {"port = 53 AND port = 1", "column 11: found \"AND\", expected \"and\", \"or\" or the end"},
    {"and port = 53", "column 1: found \"and\", expected a field such as source_ip"},
    {"not", "column 4: found the end, expected a field such as source_ip"},
    {"port = 53 port = 1", "column 11: found \"port\", expected \"and\", \"or\" or the end"},
    {"(port = 53", "column 11: found the end, expected \"and\", \"or\" or \")\""},
    {"(port = 53 port", "column 12: found \"port\", expected \"and\", \"or\" or \")\""},
    {"port = 53)", "column 10: found \")\", expected \"and\", \"or\" or the end"},
    {"()", "column 2: found \")\", expected a field such as source_ip"},
    {"port = 53 && vlan", "column 11: found \"&\", expected \"and\", \"or\" or the end"},
    {"protocol = \"dns", "column 12: found a string without its closing quote, expected a number"},
    {"protocol = \"d\x01", "column 12: found a string without its closing quote, expected"},
    {"port = 53 \xc3\xa9", "column 11: found octet 0xc3, expected \"and\", \"or\" or the end"},
    {"port = 53 \x1b[31m", "column 11: found octet 0x1b, expected \"and\", \"or\" or the end"},
};

static void test_a_wrong_filter_is_refused_by_its_column(void **state)
{
    (void)state;
    struct filter *const untouched = (struct filter *)&wrong;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct filter *filter = untouched;
        struct error err = {.text = ""};
        int code = filter_create(&filter, wrong[i].text, &err);
        if (code != -EINVAL || filter != untouched ||
            strncmp(err.text, wrong[i].message, strlen(wrong[i].message)) != 0) {
            fail_msg("%s: %d, \"%s\", not \"%s\"", wrong[i].text, code, err.text, wrong[i].message);
        }
    }
}

static void test_a_long_word_is_cut_in_the_message(void **state)
{
    (void)state;
    char text[201];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    struct filter *filter;
    struct error err;
    assert_int_equal(filter_create(&filter, text, &err), -EINVAL);
    assert_non_null(strstr(err.text, "xxx...\", expected a field"));
    assert_true(strlen(err.text) < 128);
}

// A filter of `count` times `part`, then "vlan", then `count` times `end`.
static char *repeated(unsigned count, const char *part, const char *end)
{
    char *text;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    for (unsigned i = 0; i < count; i++) {
        fputs(part, to);
    }
    fputs("vlan", to);
    for (unsigned i = 0; i < count; i++) {
        fputs(end, to);
    }
    fclose(to);
    return text;
}

static void assert_taken(char *text, unsigned taken)
{
    struct filter *filter;
    assert_int_equal(filter_create(&filter, text, NULL), 0);
    assert_int_equal(taken_by(filter), taken);
    filter_free(filter);
    free(text);
}

static void assert_refused(char *text, const char *message)
{
    struct filter *filter;
    struct error err;
    assert_int_equal(filter_create(&filter, text, &err), -EINVAL);
    assert_string_equal(err.text, message);
    free(text);
}

static void test_depth_and_length_are_bounded(void **state)
{
    (void)state;
    assert_taken(repeated(32, "(", ")"), MOBILE);
    assert_taken(repeated(32, "not(", ")"), MOBILE);
    assert_refused(repeated(33, "(", ")"), "column 33: parentheses are more than 32 deep");
    assert_taken(repeated(255, "not ", ""), WEB | PING); // as long as it can be
    assert_taken(repeated(1020, " ", ""), MOBILE);
    assert_refused(repeated(1021, " ", ""),
                   "column 1025: expected the end, at most 1024 octets are taken");
    assert_taken(repeated(127, "vni and ", ""), MOBILE); // as many steps as there can be
    assert_taken(repeated(170, "", " or ip"), ALL);
}

static void test_as_many_values_as_fit_are_taken(void **state)
{
    (void)state;
    char text[QUERY_FILTER_MAX + 1];
    int used = snprintf(text, sizeof(text), "ttl in 1");
    while (used + 2 <= QUERY_FILTER_MAX) {
        used += snprintf(text + used, sizeof(text) - (size_t)used, ",2");
    }
    assert_int_equal(used, QUERY_FILTER_MAX);
    assert_taken(strdup(text), PING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_filter_takes_what_it_says),
        cmocka_unit_test(test_no_filter_takes_all),
        cmocka_unit_test(test_a_wrong_filter_is_refused_by_its_column),
        cmocka_unit_test(test_a_long_word_is_cut_in_the_message),
        cmocka_unit_test(test_depth_and_length_are_bounded),
        cmocka_unit_test(test_as_many_values_as_fit_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
