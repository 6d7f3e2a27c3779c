// SPDX-License-Identifier: Apache-2.0
// Attacks of graded strength on top of ordinary traffic: strong ones are told in the pane that they
// begin in, as what they are and as little else; weak ones are not told; when one is over nothing
// is.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "agent/detect/contact.h"
#include "tests/unit/detect/ordinary.h"

enum {
    VICTIM = 0x0A000050,   // 10.0.0.80, the busy server
    HOST = 0x0A0003EA,     // 10.0.3.234, a client
    NEW_HOST = 0x2D000001, // 45.0.0.1, never seen before
    MADE_UP = 0x50000000,  // 80.0.0.0 and what follows
    BEFORE_S = 400,
    LASTS_S = 20,
    AFTER_S = 30,
    OVER_S = 12, // windows of ten seconds have forgotten it then
};

static struct stage stage;
static struct ordinary ordinary;

static uint32_t anybody(uint32_t first)
{
    return first + (uint32_t)random_below(&ordinary.random, 1 << 24);
}

static uint16_t any_port(void)
{
    return (uint16_t)(1024 + random_below(&ordinary.random, 60000));
}

static void syn_flood(unsigned rate)
{
    for (unsigned i = 0; i < rate; i++) {
        stage_unanswered(&stage, anybody(MADE_UP), VICTIM, 443);
    }
}

static void udp_flood(unsigned rate)
{
    for (unsigned i = 0; i < rate; i++) {
        stage_play(&stage, &(struct play){.source = MADE_UP + i % 32,
                                          .destination = VICTIM,
                                          .source_port = 40000,
                                          .port = any_port(),
                                          .protocol = PROTOCOL_UDP,
                                          .sent = 1,
                                          .sent_bytes = 1000});
    }
}

static void icmp_flood(unsigned rate)
{
    for (uint32_t i = 0; i < 16; i++) {
        stage_play(&stage, &(struct play){.source = MADE_UP + i,
                                          .destination = VICTIM,
                                          .protocol = PROTOCOL_ICMP,
                                          .sent = rate / 16 + 1,
                                          .got = rate / 16 + 1});
    }
}

static void ack_flood(unsigned rate)
{
    for (unsigned i = 0; i < rate; i++) {
        stage_play(&stage, &(struct play){.source = anybody(MADE_UP),
                                          .destination = VICTIM,
                                          .source_port = any_port(),
                                          .port = 443,
                                          .sent = 1,
                                          .flags = {PLAY_ACK, 0}});
    }
}

static void request_flood(unsigned rate) // of few bots, all served
{
    for (unsigned i = 0; i < rate; i++) {
        stage_served(&stage, 0x17010000 + i % 20, VICTIM, 443);
    }
}

static void amplification(unsigned rate)
{
    for (unsigned i = 0; i < rate; i++) {
        stage_play(&stage, &(struct play){.source = MADE_UP + i % 100,
                                          .destination = HOST,
                                          .source_port = 53,
                                          .port = 5555,
                                          .protocol = PROTOCOL_UDP,
                                          .sent = 1,
                                          .sent_bytes = 1400});
    }
}

static void reflection(unsigned rate) // seen where the servers are: the questions pass, too
{
    for (unsigned i = 0; i < rate; i++) {
        stage_play(&stage, &(struct play){.source = NEW_HOST,
                                          .destination = 0x0A000A00 + i % 50,
                                          .source_port = any_port(),
                                          .port = 123,
                                          .protocol = PROTOCOL_UDP,
                                          .sent = 1,
                                          .got = 10,
                                          .sent_bytes = 40,
                                          .got_bytes = 440});
    }
}

static unsigned scanned;

static void horizontal_scan(unsigned rate)
{
    for (unsigned i = 0; i < rate; i++, scanned++) {
        if (scanned % 5 == 0) {
            stage_refused(&stage, NEW_HOST, 0x0A010000 + scanned, 445);
        } else if (scanned % 50 == 1) {
            stage_served(&stage, NEW_HOST, 0x0A010000 + scanned, 445);
        } else {
            stage_unanswered(&stage, NEW_HOST, 0x0A010000 + scanned, 445);
        }
    }
}

static void udp_scan(unsigned rate)
{
    for (unsigned i = 0; i < rate; i++, scanned++) {
        stage_asked(&stage, NEW_HOST, 0x0A010000 + scanned, 161, false);
    }
}

static void vertical_scan(unsigned rate)
{
    for (unsigned i = 0; i < rate; i++, scanned++) {
        stage_refused(&stage, NEW_HOST, HOST, (uint16_t)(1 + scanned));
    }
}

static void silent_vertical_scan(unsigned rate)
{
    for (unsigned i = 0; i < rate; i++, scanned++) {
        stage_unanswered(&stage, NEW_HOST, HOST, (uint16_t)(1 + scanned));
    }
}

static void one_to_many(unsigned rate)
{
    for (unsigned i = 0; i < rate; i++) {
        stage_asked(&stage, HOST, anybody(MADE_UP), any_port(), true);
    }
}

static void many_to_one(unsigned rate)
{
    for (unsigned i = 0; i < rate; i++) {
        stage_served(&stage, 0x17010000 + (uint32_t)random_below(&ordinary.random, 20000), HOST,
                     443);
    }
}

static void new_talkers(unsigned rate)
{
    for (unsigned i = 0; i < rate; i++) {
        stage_served(&stage, anybody(MADE_UP), 0x0A001000 + i % 200, 443);
    }
}

static unsigned seconds_of_it;

static void heavy_source(unsigned rate)
{
    uint32_t so_far = rate * (seconds_of_it + 1);
    stage_play(&stage, &(struct play){.source = NEW_HOST,
                                      .destination = HOST,
                                      .source_port = 5000,
                                      .port = 443,
                                      .goes_on = seconds_of_it > 0,
                                      .sent = so_far,
                                      .got = so_far / 2,
                                      .packets = rate + rate / 2,
                                      .sent_bytes = 1400,
                                      .flags = {PLAY_SYN | PLAY_ACK, PLAY_SYN | PLAY_ACK}});
}

struct attack {
    void (*play)(unsigned rate);
    unsigned weak;   // not told
    unsigned graded; // told within the time that it lasts
    unsigned strong; // told in its first pane
    unsigned others; // other detectors that it may be told by
    const char *detector;
    const char *subject;
};

static const struct attack attacks[] = {
    {syn_flood, 10, 300, 3000, 0, "syn_flood", "10.0.0.80"},
    {udp_flood, 0, 10000, 50000, 0, "udp_flood", "10.0.0.80"},
    {icmp_flood, 16, 10000, 50000, 0, "icmp_flood", "10.0.0.80"},
    {ack_flood, 10, 10000, 50000, 0, "packet_flood", "10.0.0.80"},
    {request_flood, 20, 800, 3000, 0, "flow_flood", "10.0.0.80"},
    {amplification, 1, 3000, 20000, 0, "amplification", "10.0.3.234"},
    {reflection, 1, 3000, 20000, 0, "amplification", "45.0.0.1"},
    {horizontal_scan, 0, 2, 100, 0, "horizontal_scan", "45.0.0.1"},
    {udp_scan, 0, 2, 100, 0, "horizontal_scan", "45.0.0.1"},
    {vertical_scan, 0, 2, 100, 0, "vertical_scan", "45.0.0.1 to 10.0.3.234"},
    {silent_vertical_scan, 0, 2, 1000, 0, "vertical_scan", "45.0.0.1 to 10.0.3.234"},
    {one_to_many, 2, 800, 8000, 0, "one_to_many", "10.0.3.234"},
    {many_to_one, 2, 800, 8000, 1, "many_to_one", "10.0.3.234"},
    {new_talkers, 1, 200, 3000, 0, "new_talkers", "new sources"},
    {heavy_source, 20, 10000, 60000, 0, "unusual_source", "45.0.0.1"},
};
enum { ATTACKS = sizeof(attacks) / sizeof(attacks[0]) };

static void stage_set(uint64_t seed)
{
    ordinary = (struct ordinary){.random = {.state = seed}, .scale = 1};
    scanned = seconds_of_it = 0;
    stage_init(&stage, stage_watches);
    ordinary_run(&ordinary, &stage, BEFORE_S);
    assert_int_equal(stage.told, 0);
}

static void second_of(const struct attack *attack, unsigned rate)
{
    ordinary_add(&ordinary, &stage);
    attack->play(rate);
    stage_close(&stage);
    seconds_of_it++;
}

static unsigned others_told(const struct attack *attack)
{
    unsigned others = 0;
    for (unsigned i = 0; i < stage.finding_count && i < STAGE_FINDINGS; i++) {
        bool other = strcmp(stage.findings[i].detector, attack->detector) != 0 ||
                     strcmp(stage.findings[i].subject, attack->subject) != 0;
        others += other;
        if (other) {
            print_message("%s: told as %s of %s, too: %s\n", attack->detector,
                          stage.findings[i].detector, stage.findings[i].subject,
                          stage.findings[i].explanation);
        }
    }
    return others;
}

static void test_strong_ones_are_told_at_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ATTACKS; i++) {
        const struct attack *attack = &attacks[i];
        stage_set(i);
        for (unsigned second = 0; second < LASTS_S; second++) {
            second_of(attack, attack->strong);
            if (stage_told(&stage, attack->detector, attack->subject) == NULL) {
                fail_msg("%s was not told in second %u", attack->detector, second);
            }
            assert_true(others_told(attack) <= attack->others);
        }
        stage_fini(&stage);
    }
}

static void test_graded_ones_are_told(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ATTACKS; i++) {
        const struct attack *attack = &attacks[i];
        stage_set(i);
        bool told = false;
        for (unsigned second = 0; second < LASTS_S; second++) {
            second_of(attack, attack->graded);
            told = told || stage_told(&stage, attack->detector, attack->subject) != NULL;
        }
        if (!told) {
            fail_msg("%s was not told", attack->detector);
        }
        stage_fini(&stage);
    }
}

// When much is new to the sensor, a new one has to be heavier, but not by much.
static void test_a_heavy_source_is_told_soon_after_the_start(void **state)
{
    (void)state;
    ordinary = (struct ordinary){.random = {.state = 3}, .scale = 1};
    seconds_of_it = 0;
    stage_init(&stage, stage_watches);
    ordinary_run(&ordinary, &stage, 100);
    bool told = false;
    for (unsigned second = 0; second < LASTS_S; second++) {
        ordinary_add(&ordinary, &stage);
        heavy_source(1000);
        stage_close(&stage);
        seconds_of_it++;
        told = told || stage_told(&stage, "unusual_source", "45.0.0.1") != NULL;
    }
    assert_true(told);
    stage_fini(&stage);
}

static void test_nothing_is_told_of_weak_ones_or_afterwards(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ATTACKS; i++) {
        const struct attack *attack = &attacks[i];
        stage_set(i);
        for (unsigned second = 0; second < LASTS_S; second++) {
            second_of(attack, attack->weak);
            assert_int_equal(others_told(attack) + stage.finding_count, 0);
        }
        for (unsigned second = 0; second < LASTS_S; second++) {
            second_of(attack, attack->strong);
        }
        ordinary_run(&ordinary, &stage, OVER_S);
        uint64_t before = stage.told;
        ordinary_run(&ordinary, &stage, AFTER_S);
        assert_int_equal(stage.told - before, 0);
        stage_fini(&stage);
    }
}

static void test_stronger_ones_score_higher(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ATTACKS; i++) {
        double before = 0;
        for (unsigned rate = attacks[i].strong / 4; rate <= attacks[i].strong; rate *= 2) {
            stage_set(i);
            second_of(&attacks[i], rate);
            const struct finding *finding =
                stage_told(&stage, attacks[i].detector, attacks[i].subject);
            assert_true(finding == NULL || finding->score >= before);
            before = finding != NULL ? finding->score : before;
            stage_fini(&stage);
        }
        assert_true(before >= 0.5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strong_ones_are_told_at_once),
        cmocka_unit_test(test_graded_ones_are_told),
        cmocka_unit_test(test_a_heavy_source_is_told_soon_after_the_start),
        cmocka_unit_test(test_nothing_is_told_of_weak_ones_or_afterwards),
        cmocka_unit_test(test_stronger_ones_score_higher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
