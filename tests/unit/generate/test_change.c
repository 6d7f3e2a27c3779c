// SPDX-License-Identifier: Apache-2.0
// Traffic whose profile changes under way: the new rates hold at once, and no connection is cut.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made.h"

enum { US_PER_S = 1000000, CHANGE_S = 5, SECONDS = 26, PORTS = 65536, HTTPS = 443 };

// What there was, by second, and connections to HTTPS by the client's port: whose table is large
// enough that few share one.
struct seen {
    unsigned packets[SECONDS];
    unsigned https[SECONDS];
    unsigned opened, closed;
};

static void see(struct generator *generator, int64_t start_us, int64_t until_us, struct seen *seen)
{
    uint8_t frame[FRAME_MAX];
    struct made_packet packet;
    int64_t at_us;
    while ((at_us = generator_seek(generator, until_us)) >= 0) {
        unsigned second = (unsigned)((at_us - start_us) / US_PER_S);
        made_read(frame, generator_make(generator, frame), &packet);
        assert_in_range(second, 0, SECONDS - 1);
        seen->packets[second]++;
        bool to_server = packet.port[1] == HTTPS && packet.protocol == PROTOCOL_TCP;
        seen->https[second] += to_server;
        seen->opened += to_server && (packet.flags & TCP_SYN) != 0;
        seen->closed += to_server && (packet.flags & TCP_FIN) != 0;
    }
    assert_int_equal(at_us, until_us == INT64_MAX ? GENERATOR_OVER : GENERATOR_LATER);
}

static struct seen changed(const char *name, const char *text)
{
    static const char *const settings[] = {"duration", "20s",       "packets_per_second",
                                           "4000",     "protocols", "https=60,dns=20,rtp=20",
                                           NULL};
    struct generator *generator = made_generator(settings);
    struct profile profile = made_profile(settings);
    struct rate rates[PROTOCOL_COUNT];
    struct seen seen = {0};
    struct error err;
    int64_t start_us = profile.start_us;
    see(generator, start_us, start_us + CHANGE_S * US_PER_S, &seen);
    assert_int_equal(profile_set(&profile, name, text, &err), 0);
    assert_int_equal(rates_fill(&profile, rates, &err), 0);
    generator_change(generator, &profile, rates);
    see(generator, start_us, INT64_MAX, &seen);
    generator_free(generator);
    assert_true(seen.opened > 100);
    assert_int_equal(seen.opened, seen.closed);
    return seen;
}

static void test_more(void **state)
{
    (void)state;
    struct seen seen = changed("packets_per_second", "12k");
    assert_in_range(seen.packets[CHANGE_S - 1], 3600, 4400);
    for (unsigned i = CHANGE_S; i < 20; i++) {
        assert_in_range(seen.packets[i], 10800, 13200);
    }
}

static void test_less(void **state)
{
    (void)state;
    struct seen seen = changed("packets_per_second", "400");
    assert_in_range(seen.packets[CHANGE_S - 1], 3600, 4400);
    for (unsigned i = CHANGE_S + 1; i < 20; i++) { // exchanges under way are over within a second
        assert_in_range(seen.packets[i], 250, 550);
    }
}

static void test_no_share_any_more(void **state)
{
    (void)state;
    struct seen seen = changed("protocols", "dns=1");
    assert_true(seen.https[CHANGE_S - 1] > 1000);
    for (unsigned i = CHANGE_S + 7; i < SECONDS; i++) {
        assert_int_equal(seen.https[i], 0);
    }
    for (unsigned i = CHANGE_S + 7; i < 20; i++) {
        assert_in_range(seen.packets[i], 3600, 4400);
    }
}

// Seeking in small steps, as a pace has it, makes the same packets.
static void test_steps_do_not_matter(void **state)
{
    (void)state;
    static const char *const settings[] = {
        "duration", "2s", "packets_per_second", "3000", "anomaly", "silence@500ms+100ms", NULL};
    struct generator *at_once = made_generator(settings);
    struct generator *by_steps = made_generator(settings);
    uint8_t frames[2][FRAME_MAX];
    struct generated made;
    int64_t until_us = made_profile(settings).start_us;
    while (made_next(at_once, frames[0], &made)) {
        int64_t found_us;
        while ((found_us = generator_seek(by_steps, until_us)) < 0) {
            until_us += 77;
        }
        assert_int_equal(found_us, made.time_us);
        assert_int_equal(generator_make(by_steps, frames[1]), made.length);
        assert_memory_equal(frames[0], frames[1], made.length);
    }
    generator_free(at_once);
    generator_free(by_steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_more),
        cmocka_unit_test(test_less),
        cmocka_unit_test(test_no_share_any_more),
        cmocka_unit_test(test_steps_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
