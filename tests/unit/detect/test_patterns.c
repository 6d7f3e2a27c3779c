// SPDX-License-Identifier: Apache-2.0
// What shows only over minutes: beacons, slow scans, tunnels on others' ports; and that attacks
// that go on for long do not hide others, however many hosts pass through the tables meanwhile.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "agent/detect/contact.h"
#include "tests/unit/detect/ordinary.h"

enum {
    HOST = 0x0A0003EA,     // 10.0.3.234, a client
    NEW_HOST = 0x2D000001, // 45.0.0.1, never seen before
    MADE_UP = 0x50000000,
    SERVER = 0x0A000050,
    BEFORE_S = 90,
};

static struct stage stage;
static struct ordinary ordinary;

static void stage_set(uint64_t seed)
{
    ordinary = (struct ordinary){.random = {.state = seed}, .scale = 1};
    stage_init(&stage, stage_watches);
    ordinary_run(&ordinary, &stage, BEFORE_S);
    assert_int_equal(stage.told, 0);
}

// How many visits it took until it was told; 0: it was not.
static unsigned visits_until_told(unsigned period, unsigned jitter, unsigned visits)
{
    unsigned told_after = 0;
    unsigned next = 0;
    for (unsigned second = 0, visit = 0; visit < visits; second++) {
        ordinary_add(&ordinary, &stage);
        if (second == next) {
            visit++;
            stage_served(&stage, HOST, NEW_HOST, 443);
            next = visit * period + (unsigned)random_below(&ordinary.random, jitter + 1);
            next = next > second ? next : second + 1;
        }
        stage_close(&stage);
        if (told_after == 0 && stage_told(&stage, "beacon", "10.0.3.234 to 45.0.0.1") != NULL) {
            told_after = visit;
        }
    }
    return told_after;
}

static void test_beacons_are_told_after_eight_intervals(void **state)
{
    (void)state;
    static const unsigned periods[] = {5, 13, 60};
    for (unsigned i = 0; i < 3; i++) {
        stage_set(i);
        unsigned visits = visits_until_told(periods[i], periods[i] / 10, 20);
        assert_true(visits >= 9 && visits <= 12);
        // It goes on between two visits, and is over when one was missed.
        assert_int_equal(stage.finding_count, 1);
        ordinary_run(&ordinary, &stage, 2 * periods[i]);
        assert_int_equal(stage.finding_count, 0);
        stage_fini(&stage);
    }
}

static void test_visits_without_a_rhythm_are_not(void **state)
{
    (void)state;
    stage_set(7);
    assert_int_equal(visits_until_told(20, 19, 40), 0);
    stage_fini(&stage);
}

static void test_a_slow_scan_is_told_once_it_is_sure(void **state)
{
    (void)state;
    stage_set(3);
    unsigned tries = 0;
    unsigned told_after = 0;
    for (unsigned second = 0; tries < 40; second++) {
        ordinary_add(&ordinary, &stage);
        if (second % 20 == 0) {
            stage_unanswered(&stage, NEW_HOST, 0x0A010000 + tries++, 3389);
        }
        stage_close(&stage);
        bool told = stage_told(&stage, "horizontal_scan", "45.0.0.1") != NULL;
        told_after = told && told_after == 0 ? tries : told_after;
        if (told_after != 0) {
            assert_true(told); // until it ends, and in between its tries
        }
    }
    assert_true(told_after >= 18 && told_after <= 26);
    ordinary_run(&ordinary, &stage, 90);
    assert_int_equal(stage.finding_count, 0);
    stage_fini(&stage);
}

static void tunnel(unsigned second, uint8_t protocol, uint16_t port, uint32_t asks, uint32_t gets)
{
    uint32_t so_far = 50 * (second + 1);
    stage_play(&stage, &(struct play){.source = HOST,
                                      .destination = 0x17000005,
                                      .source_port = port != 0 ? 40000 : 0,
                                      .port = port,
                                      .protocol = protocol,
                                      .goes_on = second > 0,
                                      .sent = so_far,
                                      .got = so_far,
                                      .packets = 100,
                                      .sent_bytes = asks,
                                      .got_bytes = gets});
}

struct exchange {
    uint8_t protocol;
    uint16_t port;
    uint32_t asks, gets;
    bool told;
};

static void test_tunnels_are_told_by_their_sizes(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        {PROTOCOL_UDP, 53, 600, 600, true},     {PROTOCOL_UDP, 53, 75, 400, false},
        {PROTOCOL_UDP, 123, 900, 900, true},    {PROTOCOL_UDP, 123, 76, 76, false},
        {PROTOCOL_ICMP, 0, 300, 900, true},     {PROTOCOL_ICMP, 0, 1400, 1400, false},
        {PROTOCOL_UDP, 51820, 900, 900, false},
    };
    for (unsigned i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++) {
        const struct exchange *exchange = &exchanges[i];
        stage_set(i);
        for (unsigned second = 0; second < 5; second++) {
            ordinary_add(&ordinary, &stage);
            tunnel(second, exchange->protocol, exchange->port, exchange->asks, exchange->gets);
            stage_close(&stage);
        }
        bool told = stage_told(&stage, "wrong_port", "10.0.3.234 to 23.0.0.5") != NULL;
        assert_int_equal(told, exchange->told);
        stage_fini(&stage);
    }
}

// A flood of many more made-up sources than there is room for, for minutes; a scan in the middle.
static void test_a_flood_hides_no_scan(void **state)
{
    (void)state;
    stage_set(5);
    for (unsigned second = 0; second < 60; second++) {
        ordinary_add(&ordinary, &stage);
        for (unsigned i = 0; i < 20000; i++) {
            uint32_t source = MADE_UP + (uint32_t)random_below(&ordinary.random, 1 << 24);
            stage_unanswered(&stage, source, SERVER, 443);
        }
        for (unsigned i = 0; i < 4 && second >= 20; i++) {
            stage_unanswered(&stage, NEW_HOST, 0x0A010000 + second * 4 + i, 3389);
        }
        stage_close(&stage);
        assert_non_null(stage_told(&stage, "syn_flood", "10.0.0.80"));
        if (second >= 30) {
            assert_non_null(stage_told(&stage, "horizontal_scan", "45.0.0.1"));
            assert_int_equal(stage.finding_count, 2);
        }
    }
    stage_fini(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beacons_are_told_after_eight_intervals),
        cmocka_unit_test(test_visits_without_a_rhythm_are_not),
        cmocka_unit_test(test_a_slow_scan_is_told_once_it_is_sure),
        cmocka_unit_test(test_tunnels_are_told_by_their_sizes),
        cmocka_unit_test(test_a_flood_hides_no_scan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
