// SPDX-License-Identifier: Apache-2.0
// Made findings, pane after pane, and what becomes of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/detect/episodes.h"
#include "agent/detect/finding.h"

enum { SECOND_US = 1000000, TOLD_MAX = 2000 };

static struct {
    enum anomaly_phase phase;
    int at; // the pane in which it was told
    struct anomaly anomaly;
} told[TOLD_MAX];
static size_t told_count;
static int now;

static void tell(void *context, const struct anomaly *anomaly)
{
    (void)context;
    assert_true(told_count < TOLD_MAX);
    told[told_count].phase = anomaly->phase;
    told[told_count].at = now;
    told[told_count++].anomaly = *anomaly;
}

static struct episodes *start(void)
{
    struct episodes *episodes;
    told_count = 0;
    assert_int_equal(episodes_create(&episodes, SECOND_US, (struct hash_secret){1, 2}), 0);
    return episodes;
}

// One pane with one finding for each subject whose letter is in `subjects`, all of that score.
static void pane(struct episodes *episodes, int second, const char *subjects, double score)
{
    struct pane made = {
        .start_us = (int64_t)second * SECOND_US,
        .end_us = (int64_t)(second + 1) * SECOND_US,
        .loss = {.late = 1, .parse_rejects = (uint64_t)second},
    };
    now = second;
    episodes_open(episodes, &made, tell, NULL);
    for (size_t i = 0; subjects[i] != '\0'; i++) {
        struct finding finding;
        finding_init(&finding, "made", "packets/s", "subject %c", subjects[i]);
        finding.score = score;
        finding.observed = second;
        episodes_take(episodes, &finding);
    }
    episodes_close(episodes, &made, tell, NULL);
}

static void panes(struct episodes *episodes, int first, int end, const char *subjects, double score)
{
    for (int second = first; second < end; second++) {
        pane(episodes, second, subjects, score);
    }
}

static size_t told_of(enum anomaly_phase phase)
{
    size_t count = 0;
    for (size_t i = 0; i < told_count; i++) {
        count += told[i].phase == phase;
    }
    return count;
}

static void test_begin_update_end(void **state)
{
    (void)state;
    struct episodes *episodes = start();
    panes(episodes, 0, 10, "", 0);
    panes(episodes, 10, 30, "a", 0.6);
    panes(episodes, 30, 60, "", 0);
    assert_int_equal(told_count, 3);
    assert_int_equal(told[0].phase, ANOMALY_BEGINS);
    assert_int_equal(told[0].at, 10);
    assert_int_equal(told[0].anomaly.start_us, 10 * SECOND_US);
    assert_int_equal(told[0].anomaly.end_us, 11 * SECOND_US);
    assert_int_equal(told[0].anomaly.loss.late, 1);
    assert_int_equal(told[0].anomaly.loss.parse_rejects, 10);
    assert_int_equal(told[1].phase, ANOMALY_GOES_ON);
    assert_int_equal(told[1].at, 20);
    assert_int_equal(told[2].phase, ANOMALY_ENDS);
    assert_int_equal(told[2].at, 44); // 15 s after the last
    assert_int_equal(told[2].anomaly.start_us, 10 * SECOND_US);
    assert_int_equal(told[2].anomaly.end_us, 30 * SECOND_US);
    assert_int_equal(told[2].anomaly.loss.late, 20);
    assert_int_equal(told[2].anomaly.loss.parse_rejects, (10 + 29) * 20 / 2);
    assert_string_equal(told[2].anomaly.finding.subject, "subject a");
    assert_int_equal(told[2].anomaly.number, told[0].anomaly.number);
    episodes_free(episodes);
}

static void test_weak_findings_are_not_told(void **state)
{
    (void)state;
    struct episodes *episodes = start();
    panes(episodes, 0, 20, "a", 0.49);
    assert_int_equal(told_count, 0);
    episodes_end(episodes, tell, NULL);
    assert_int_equal(told_count, 0);
    episodes_free(episodes);
}

static void test_a_rising_severity_is_told_at_once(void **state)
{
    (void)state;
    struct episodes *episodes = start();
    pane(episodes, 0, "a", 0.5);
    pane(episodes, 1, "a", 0.75);
    pane(episodes, 2, "a", 0.6);
    pane(episodes, 3, "a", 0.95);
    pane(episodes, 4, "a", 0.95);
    assert_int_equal(told_count, 3);
    assert_int_equal(told[0].anomaly.severity, ANOMALY_NOTICE);
    assert_int_equal(told[1].anomaly.severity, ANOMALY_WARNING);
    assert_int_equal(told[1].at, 1);
    assert_int_equal(told[2].anomaly.severity, ANOMALY_CRITICAL);
    assert_int_equal(told[2].at, 3);
    assert_true(told[2].anomaly.finding.observed == 3);
    episodes_free(episodes);
}

static void test_updates_become_rare(void **state)
{
    (void)state;
    struct episodes *episodes = start();
    panes(episodes, 0, 3600, "a", 0.6);
    assert_int_equal(told[1].at, 10);
    assert_int_equal(told[2].at, 60);
    assert_int_equal(told[3].at, 360);
    assert_int_equal(told_count, 1 + 2 + (3600 - 60) / 300);
    episodes_free(episodes);
}

static void test_flapping_becomes_one_anomaly(void **state)
{
    static const int periods[] = {2, 10, 20, 60, 300};
    (void)state;
    for (size_t p = 0; p < sizeof(periods) / sizeof(periods[0]); p++) {
        struct episodes *episodes = start();
        for (int second = 0; second < 86400; second++) {
            pane(episodes, second, second % periods[p] == 0 ? "a" : "", 0.6);
        }
        size_t begins = told_of(ANOMALY_BEGINS);
        if (begins > 6) {
            fail_msg("period %d s: %zu anomalies in a day", periods[p], begins);
        }
        assert_int_equal(begins, told_of(ANOMALY_ENDS) + 1);
        episodes_free(episodes);
    }
}

static void test_what_comes_again_much_later_is_new(void **state)
{
    (void)state;
    struct episodes *episodes = start();
    pane(episodes, 0, "a", 0.6);
    pane(episodes, 10000, "a", 0.6); // a gap without panes
    assert_int_equal(told_count, 3);
    assert_int_equal(told[1].phase, ANOMALY_ENDS);
    assert_int_equal(told[1].anomaly.end_us, SECOND_US);
    assert_int_equal(told[2].phase, ANOMALY_BEGINS);
    assert_true(told[2].anomaly.number != told[0].anomaly.number);
    panes(episodes, 10001, 10015, "", 0);
    assert_int_equal(told_count, 3);
    pane(episodes, 10015, "", 0);
    assert_int_equal(told_count, 4);
    episodes_free(episodes);
}

static void test_subjects_are_apart(void **state)
{
    (void)state;
    struct episodes *episodes = start();
    panes(episodes, 0, 5, "ab", 0.6);
    panes(episodes, 5, 9, "b", 0.6);
    assert_int_equal(told_of(ANOMALY_BEGINS), 2);
    episodes_end(episodes, tell, NULL);
    assert_int_equal(told_of(ANOMALY_ENDS), 2);
    assert_int_equal(told[2].anomaly.end_us, 5 * SECOND_US);
    assert_int_equal(told[3].anomaly.end_us, 9 * SECOND_US);
    episodes_end(episodes, tell, NULL);
    assert_int_equal(told_count, 4);
    episodes_free(episodes);
}

static void many(struct episodes *episodes, int second, int count, const char *name)
{
    static const char *const detectors[] = {"one", "two",   "three", "four", "five",
                                            "six", "seven", "eight", "nine", "ten"};
    struct pane made = {.start_us = (int64_t)second * SECOND_US,
                        .end_us = (int64_t)(second + 1) * SECOND_US};
    now = second;
    episodes_open(episodes, &made, tell, NULL);
    for (int i = 0; i < count; i++) {
        struct finding finding;
        finding_init(&finding, detectors[i / EPISODES_ALIKE_MAX], "packets/s", "%s %d", name, i);
        finding.score = 0.6;
        episodes_take(episodes, &finding);
    }
    episodes_close(episodes, &made, tell, NULL);
}

static void test_too_many_of_a_detector_are_told_as_one(void **state)
{
    (void)state;
    struct episodes *episodes = start();
    panes(episodes, 0, 1, "a", 0.6);
    panes(episodes, 1, 20, "", 0);
    panes(episodes, 20, 21, "bcdefghijklmnopqrstuvwxyzBCDEFGHIJKLMNOP", 0.6);
    assert_int_equal(told_of(ANOMALY_BEGINS), 1 + EPISODES_ALIKE_MAX + 1);
    const struct anomaly *last = &told[told_count - 1].anomaly;
    assert_string_equal(last->finding.detector, "many_anomalies");
    assert_non_null(strstr(last->finding.explanation, "8 more"));
    assert_non_null(strstr(last->finding.explanation, "by made"));
    // One that is remembered has no right to more; those that are open go on.
    panes(episodes, 21, 22, "abc", 0.6);
    assert_int_equal(told_of(ANOMALY_BEGINS), 1 + EPISODES_ALIKE_MAX + 1);
    episodes_free(episodes);
}

static void test_too_many_are_told_as_one(void **state)
{
    (void)state;
    struct episodes *episodes = start();
    many(episodes, 0, EPISODES_MAX + 44, "one");
    assert_int_equal(told_count, EPISODES_MAX + 1);
    const struct anomaly *last = &told[EPISODES_MAX].anomaly;
    assert_string_equal(last->finding.detector, "many_anomalies");
    assert_true(last->finding.observed == EPISODES_MAX + 44);
    many(episodes, 1, EPISODES_MAX + 44, "one");
    assert_int_equal(told_count, EPISODES_MAX + 1);
    // What is quiet gives its room up.
    panes(episodes, 2, 30, "", 0);
    assert_int_equal(told_of(ANOMALY_ENDS), EPISODES_MAX + 1);
    many(episodes, 30, EPISODES_MAX, "other");
    assert_int_equal(told_of(ANOMALY_BEGINS), 2 * EPISODES_MAX + 1);
    episodes_free(episodes);
}

static void test_contributors_are_sorted(void **state)
{
    (void)state;
    struct finding finding;
    finding_init(&finding, "made", "packets", "all traffic");
    static const uint64_t values[] = {3, 9, 1, 7, 5, 8, 2};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char name[8];
        snprintf(name, sizeof(name), "%d", (int)values[i]);
        finding_add(&finding, name, values[i]);
    }
    static const uint64_t sorted[] = {9, 8, 7, 5, 3};
    assert_int_equal(finding.contributor_count, ANOMALY_CONTRIBUTORS_MAX);
    for (unsigned i = 0; i < ANOMALY_CONTRIBUTORS_MAX; i++) {
        assert_int_equal(finding.contributors[i].value, sorted[i]);
        assert_int_equal(finding.contributors[i].name[0], '0' + (int)sorted[i]);
    }
}

static void test_amounts_as_people_write_them(void **state)
{
    static const struct {
        double value;
        const char *unit;
        const char *text;
    } cases[] = {
        {812e6, "bit/s", "812 Mbit/s"},
        {90.04e6, "bit/s", "90.0 Mbit/s"},
        {0, "bit/s", "0 bit/s"},
        {7, "packets/s", "7 packets/s"},
        {3400, "packets/s", "3.40 k packets/s"},
        {999.9, "flows/s", "1.00 k flows/s"},
        {1.25, "flows/s", "1.25 flows/s"},
        {4e12, "bit/s", "4 Tbit/s"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[FINDING_AMOUNT_MAX];
        assert_string_equal(finding_amount(text, cases[i].value, cases[i].unit), cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begin_update_end),
        cmocka_unit_test(test_weak_findings_are_not_told),
        cmocka_unit_test(test_a_rising_severity_is_told_at_once),
        cmocka_unit_test(test_updates_become_rare),
        cmocka_unit_test(test_flapping_becomes_one_anomaly),
        cmocka_unit_test(test_what_comes_again_much_later_is_new),
        cmocka_unit_test(test_subjects_are_apart),
        cmocka_unit_test(test_too_many_are_told_as_one),
        cmocka_unit_test(test_too_many_of_a_detector_are_told_as_one),
        cmocka_unit_test(test_contributors_are_sorted),
        cmocka_unit_test(test_amounts_as_people_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
