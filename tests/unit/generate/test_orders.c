// SPDX-License-Identifier: Apache-2.0
// Anomalies on order are what was ordered, when it was, and told as such.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/generate/truth.h"
#include "made.h"

enum { US_PER_S = 1000000, SECONDS = 12 };

// Packets a second that `counts` says yes to.
static void count(const char *anomaly, bool (*counts)(const struct made_packet *packet),
                  unsigned seconds[SECONDS])
{
    const char *const settings[] = {"duration", "10s", "packets_per_second", "1000", "anomaly",
                                    anomaly,    NULL};
    struct generator *generator = made_generator(settings);
    int64_t start_us = made_profile(settings).start_us;
    uint8_t frame[FRAME_MAX];
    struct generated made;
    struct made_packet packet;
    memset(seconds, 0, SECONDS * sizeof(*seconds));
    while (made_next(generator, frame, &made)) {
        made_read(frame, made.length, &packet);
        seconds[(made.time_us - start_us) / US_PER_S] += counts(&packet);
    }
    generator_free(generator);
}

static bool is_any(const struct made_packet *packet)
{
    (void)packet;
    return true;
}

static bool is_to_victim(const struct made_packet *packet)
{
    static const uint8_t victim[] = {203, 0, 113, 5};
    return memcmp(packet->destination, victim, 4) == 0;
}

static bool is_from_victim(const struct made_packet *packet)
{
    static const uint8_t victim[] = {203, 0, 113, 5};
    return memcmp(packet->source, victim, 4) == 0;
}

static bool is_of_dns(const struct made_packet *packet)
{
    return packet->port[0] == 53 || packet->port[1] == 53;
}

static bool is_new_talker(const struct made_packet *packet)
{
    return packet->source[0] == 10 && packet->source[1] == 254;
}

static void test_attacks(void **state)
{
    (void)state;
    static const struct {
        const char *anomaly;
        bool (*counts)(const struct made_packet *packet);
        unsigned rate;
    } cases[] = {
        {"syn_flood@3s+2s:203.0.113.5=5k", is_to_victim, 5000},
        {"udp_flood@3s+2s:203.0.113.5=700", is_to_victim, 700},
        {"icmp_flood@3s+2s:203.0.113.5", is_to_victim, 1000},
        {"amplification@3s+2s:203.0.113.5=400", is_to_victim, 400},
        {"horizontal_scan@3s+2s:203.0.113.5", is_from_victim, 100},
        {"vertical_scan@3s+2s:203.0.113.5=5000", is_from_victim, 5000},
        {"new_talkers@3s+2s=80", is_new_talker, 80},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned seconds[SECONDS];
        count(cases[i].anomaly, cases[i].counts, seconds);
        for (unsigned s = 0; s < SECONDS; s++) {
            unsigned expected = s == 3 || s == 4 ? cases[i].rate : 0;
            if (abs((int)seconds[s] - (int)expected) > 1) {
                fail_msg("%s: %u packets in second %u", cases[i].anomaly, seconds[s], s);
            }
        }
    }
}

static void test_of_the_traffic_itself(void **state)
{
    (void)state;
    unsigned seconds[SECONDS];
    count("spike@3s+2s=4", is_any, seconds);
    assert_in_range(seconds[2], 850, 1150);
    assert_in_range(seconds[4], 3600, 4400);
    assert_in_range(seconds[7], 800, 1200);
    count("drop@3s+2s=0.8", is_any, seconds);
    assert_in_range(seconds[4], 100, 300);
    count("drop@3s+2s:dns=1", is_of_dns, seconds);
    assert_int_equal(seconds[4], 0);
    assert_true(seconds[2] > 20 && seconds[7] > 20);
    count("silence@3s+2s", is_any, seconds);
    assert_int_equal(seconds[3] + seconds[4], 0);
    assert_in_range(seconds[5], 800, 1200);
}

static void test_orders_that_are_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *said;
    } cases[] = {
        {"syn_flood", "KIND@BEGIN+LENGTH"},
        {"syn_flod@1s+1s", "did you mean syn_flood?"},
        {"syn_flood@1s", "BEGIN+LENGTH"},
        {"syn_flood@1s+0s", "length such as"},
        {"syn_flood@x+1s", "BEGIN+LENGTH"},
        {"syn_flood@1s+1s:10.0.0", "address"},
        {"syn_flood@1s+1s=0", "strength"},
        {"syn_flood@1s+1s=1e99", "strength"},
        {"silence@1s+1s=2", "no strength"},
        {"drop@1s+1s=2", "at most all"},
        {"spike@1s+1s:pigeons", "unknown protocol"},
        {"new_talkers@1s+1s:10.0.0.1", "always"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct order order;
        struct error err = {""};
        assert_true(order_parse(cases[i].text, &order, &err) < 0);
        if (strstr(err.text, cases[i].said) == NULL) {
            fail_msg("%s: %s", cases[i].text, err.text);
        }
    }
}

static void test_truth(void **state)
{
    (void)state;
    static const struct drive_anomaly anomalies[] = {
        {ORDER_SYN_FLOOD, "2001:db8::7", 10000, 110000000, 115000000, 50000},
        {ORDER_SPIKE, "protocol dns", 3, 120000000, 122000000, 0},
        {ORDER_SILENCE, "all traffic", 1, 121000000, 121500000, 0}};
    char path[] = "/tmp/weir-truth-XXXXXX";
    char text[1024] = "";
    struct error err;
    close(mkstemp(path));
    FILE *to;
    assert_int_equal(truth_open(path, &to, &err), 0);
    assert_int_equal(truth_write(to, path, anomalies, 3, &err), 0);
    FILE *file = fopen(path, "r");
    assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
    fclose(file);
    unlink(path);
    assert_string_equal(
        text,
        "{\"begin_us\":110000000,\"end_us\":115000000,\"kind\":\"syn_flood\","
        "\"subject\":\"2001:db8::7\",\"strength\":10000,\"unit\":\"packets/s\",\"packets\":50000}\n"
        "{\"begin_us\":120000000,\"end_us\":122000000,\"kind\":\"spike\","
        "\"subject\":\"protocol dns\",\"strength\":3,\"unit\":\"times the traffic\"}\n"
        "{\"begin_us\":121000000,\"end_us\":121500000,\"kind\":\"silence\","
        "\"subject\":\"all traffic\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attacks),
        cmocka_unit_test(test_of_the_traffic_itself),
        cmocka_unit_test(test_orders_that_are_wrong),
        cmocka_unit_test(test_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
