// SPDX-License-Identifier: Apache-2.0
// Traffic is as its profile has it: rate, shares, flows, hosts, sizes, and the same each time.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made.h"

enum { US_PER_S = 1000000, SERVER_PORTS = 65536 };

static const char *const of_all[] = {"duration", "10s", "packets_per_second", "3000", NULL};

// FNV-1a of times, lengths and octets.
static uint64_t digest(const char *const *settings)
{
    struct generator *generator = made_generator(settings);
    uint8_t frame[FRAME_MAX];
    struct generated made;
    uint64_t hash = UINT64_C(14695981039346656037);
    while (made_next(generator, frame, &made)) {
        hash = (hash ^ (uint64_t)made.time_us) * UINT64_C(1099511628211);
        for (unsigned i = 0; i < made.length; i++) {
            hash = (hash ^ frame[i]) * UINT64_C(1099511628211);
        }
    }
    generator_free(generator);
    return hash;
}

static void test_same_seed_same_octets(void **state)
{
    (void)state;
    static const char *const other[] = {"duration", "10s", "packets_per_second", "3000", "seed",
                                        "2",        NULL};
    uint64_t once = digest(of_all);
    assert_true(once == digest(of_all));
    assert_true(once != digest(other));
}

static void test_frames_are_well_formed(void **state)
{
    (void)state;
    struct generator *generator = made_generator(of_all);
    uint8_t frame[FRAME_MAX];
    struct generated made;
    struct made_packet packet;
    int64_t last_us = 0;
    unsigned v6 = 0, tunnelled = 0, icmp6 = 0;
    while (made_next(generator, frame, &made)) {
        assert_true(made.time_us >= last_us);
        last_us = made.time_us;
        made_read(frame, made.length, &packet); // and its checksums
        v6 += packet.is_v6;
        tunnelled += packet.is_tunnelled;
        icmp6 += packet.protocol == PROTOCOL_ICMP6;
    }
    assert_true(v6 > 0 && tunnelled > 0 && icmp6 > 0);
    generator_free(generator);
}

static void test_every_second_has_its_packets(void **state)
{
    (void)state;
    struct generator *generator = made_generator(of_all);
    int64_t start_us = made_profile(of_all).start_us;
    unsigned seconds[12] = {0};
    uint8_t frame[FRAME_MAX];
    struct generated made;
    while (made_next(generator, frame, &made)) {
        int64_t second = (made.time_us - start_us) / US_PER_S;
        assert_in_range(second, 0, 11);
        seconds[second]++;
    }
    for (unsigned i = 0; i < 10; i++) {
        assert_in_range(seconds[i], 2700, 3300);
    }
    assert_true(seconds[10] < 1000); // what closes flows
    generator_free(generator);
}

static void test_shares_of_packets(void **state)
{
    (void)state;
    static const char *const settings[] = {"duration", "20s",       "packets_per_second",
                                           "5000",     "protocols", "dns=10,https=60,ntp=5,ssh=25",
                                           NULL};
    static const struct {
        uint16_t port;
        double share;
    } expected[] = {{53, .1}, {443, .6}, {123, .05}, {22, .25}};
    static unsigned counts[SERVER_PORTS];
    unsigned all = 0;
    struct generator *generator = made_generator(settings);
    uint8_t frame[FRAME_MAX];
    struct generated made;
    struct made_packet packet;
    memset(counts, 0, sizeof(counts));
    while (made_next(generator, frame, &made)) {
        made_read(frame, made.length, &packet);
        unsigned server = packet.port[packet.port[0] > packet.port[1]];
        counts[server]++;
        all++;
    }
    for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        double share = (double)counts[expected[i].port] / all;
        if (fabs(share - expected[i].share) > 0.01) {
            fail_msg("port %u has %.3f of the packets, not %.3f", expected[i].port, share,
                     expected[i].share);
        }
        counts[expected[i].port] = 0;
    }
    for (unsigned port = 0; port < SERVER_PORTS; port++) {
        assert_int_equal(counts[port], 0); // and nothing else
    }
    generator_free(generator);
}

static uint64_t flows_of(const char *flows_per_second)
{
    const char *const settings[] = {
        "duration",       "30s", "packets_per_second", "20000", "flows_per_second",
        flows_per_second, NULL};
    struct generator *generator = made_generator(settings);
    uint8_t frame[FRAME_MAX];
    struct generated made;
    struct generator_books books;
    while (made_next(generator, frame, &made)) {
    }
    generator_books(generator, &books);
    generator_free(generator);
    assert_in_range(books.packets, 30 * 19000, 30 * 21000);
    return books.flows;
}

// To within a fifth: the first second has to begin all that is under way at any time.
static void test_flows_a_second(void **state)
{
    (void)state;
    assert_in_range(flows_of("1000"), 30 * 800, 30 * 1200);
    assert_in_range(flows_of("2000"), 30 * 1600, 30 * 2400);
}

static void test_flows_that_cannot_be(void **state)
{
    (void)state;
    static const char *const settings[] = {"packets_per_second", "100", "flows_per_second", "1000",
                                           NULL};
    struct profile profile = made_profile(settings);
    struct generator *generator = NULL;
    struct error err;
    assert_int_equal(generator_create(&generator, &profile, &err), -EINVAL);
    assert_null(generator);
    assert_non_null(strstr(err.text, "flows_per_second"));
}

static void test_hosts(void **state)
{
    (void)state;
    static const char *const settings[] = {
        "duration",   "60s", "packets_per_second", "2000",  "addresses", "100",
        "ipv6_share", "0",   "protocols",          "dns=1", NULL};
    bool inside[50] = {0}, outside[50] = {0};
    struct generator *generator = made_generator(settings);
    uint8_t frame[FRAME_MAX];
    struct generated made;
    struct made_packet packet;
    while (made_next(generator, frame, &made)) {
        made_read(frame, made.length, &packet);
        const uint8_t *client = packet.port[1] == 53 ? packet.source : packet.destination;
        const uint8_t *server = packet.port[1] == 53 ? packet.destination : packet.source;
        assert_int_equal(client[0], 10);
        assert_int_equal(server[0], 100);
        assert_in_range(client[3], 1, 50);
        assert_in_range(server[3], 1, 50);
        inside[client[3] - 1] = true;
        outside[server[3] - 1] = true;
    }
    for (unsigned i = 0; i < 50; i++) {
        assert_true(inside[i] && outside[i]);
    }
    generator_free(generator);
}

static void test_rhythm_of_a_day(void **state)
{
    (void)state;
    static const char *const settings[] = {
        "duration", "24s", "day", "24s", "rhythm", "0.8", "packets_per_second", "5000", NULL};
    unsigned hours[25] = {0};
    struct generator *generator = made_generator(settings);
    uint8_t frame[FRAME_MAX];
    struct generated made;
    int64_t start_us = made_profile(settings).start_us;
    while (made_next(generator, frame, &made)) {
        hours[(made.time_us - start_us) / US_PER_S]++;
    }
    assert_in_range(hours[15] + hours[14], 2 * 8500, 2 * 9500); // most at three in the afternoon
    assert_in_range(hours[2] + hours[3], 2 * 500, 2 * 1500);
    generator_free(generator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_same_octets),
        cmocka_unit_test(test_frames_are_well_formed),
        cmocka_unit_test(test_every_second_has_its_packets),
        cmocka_unit_test(test_shares_of_packets),
        cmocka_unit_test(test_flows_a_second),
        cmocka_unit_test(test_flows_that_cannot_be),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_rhythm_of_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
