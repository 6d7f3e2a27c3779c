// SPDX-License-Identifier: Apache-2.0
// What of an anomaly ends up where in its record, and what is left out.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/publish/fill.h"
#include "tests/unit/publish/failing.h"
#include "tests/unit/publish/losses.h"

#define BIT(field) (UINT64_C(1) << RECORD_ANOMALY_##field)
#define ALL        ((UINT64_C(1) << RECORD_ANOMALY_FIELD_COUNT) - 1)

static struct anomaly anomaly;

static int scene(void **state)
{
    (void)state;
    anomaly = (struct anomaly){
        .number = 12,
        .phase = ANOMALY_GOES_ON,
        .severity = ANOMALY_CRITICAL,
        .start_us = 1000000,
        .end_us = 3000000,
        .finding = {.detector = "syn_flood",
                    .subject = "10.0.0.9",
                    .score = 0.95,
                    .observed = 12000,
                    .expected = 3.5,
                    .unit = "flows/s",
                    .explanation = "10.0.0.9 gets 12000 connections a second, and answers few.",
                    .contributors = {{"192.0.2.1", 400}, {"192.0.2.2", 300}},
                    .contributor_count = 2},
        .loss = losses_made,
    };
    return 0;
}

static struct record *filled(uint32_t sampling)
{
    static struct record record;
    memset(&record, 0xff, sizeof(record));
    assert_int_equal(fill_anomaly(&record, &anomaly, sampling), 0);
    assert_int_equal(record.type, RECORD_ANOMALY);
    return &record;
}

static void an_anomaly_is_copied(void **state)
{
    (void)state;
    struct record *record = filled(1);
    assert_int_equal(record->known, ALL & ~BIT(SAMPLING));
    struct finding *finding = &anomaly.finding;
    memset(finding->subject, '?', sizeof(finding->subject)); // nothing of the finding's is kept
    memset(finding->explanation, '?', sizeof(finding->explanation));
    memset(finding->contributors, '?', sizeof(finding->contributors));
    const struct record_anomaly *to = &record->anomaly;
    assert_int_equal(to->anomaly, 12);
    assert_int_equal(to->phase, RECORD_PHASE_UPDATE);
    assert_int_equal(to->severity, RECORD_SEVERITY_CRITICAL);
    assert_int_equal(to->start_us, 1000000);
    assert_int_equal(to->end_us, 3000000);
    assert_string_equal(to->detector, "syn_flood");
    assert_string_equal(to->subject, "10.0.0.9");
    assert_true(to->score == 0.95 && to->observed == 12000 && to->expected == 3.5);
    assert_string_equal(to->unit, "flows/s");
    assert_string_equal(to->explanation,
                        "10.0.0.9 gets 12000 connections a second, and answers few.");
    const struct record_contributor *row = to->contributors.row;
    assert_int_equal(to->contributors.count, 2);
    assert_string_equal(row[0].name, "192.0.2.1");
    assert_int_equal(row[0].value, 400);
    assert_string_equal(row[1].name, "192.0.2.2");
    assert_int_equal(row[1].value, 300);
    record_release(record);
}

static void losses_and_sampling_are_copied(void **state)
{
    (void)state;
    struct record *record = filled(4);
    assert_int_equal(record->known, ALL);
    assert_int_equal(record->anomaly.sampling, 4);
    losses_assert(&record->anomaly.loss);
    record_release(record);
}

static void texts_may_be_as_long_as_they_can(void **state)
{
    (void)state;
    struct finding *finding = &anomaly.finding;
    memset(finding->subject, 's', ANOMALY_SUBJECT_MAX - 1);
    memset(finding->explanation, 'e', ANOMALY_TEXT_MAX - 1);
    finding->contributor_count = ANOMALY_CONTRIBUTORS_MAX;
    for (unsigned i = 0; i < ANOMALY_CONTRIBUTORS_MAX; i++) {
        memset(finding->contributors[i].name, 'a' + (int)i, ANOMALY_SUBJECT_MAX - 1);
    }
    struct record *record = filled(1);
    assert_string_equal(record->anomaly.subject, finding->subject);
    assert_string_equal(record->anomaly.explanation, finding->explanation);
    const struct record_contributor *row = record->anomaly.contributors.row;
    for (unsigned i = 0; i < ANOMALY_CONTRIBUTORS_MAX; i++) {
        assert_string_equal(row[i].name, finding->contributors[i].name);
    }
    record_release(record);
}

static void nobody_may_contribute(void **state)
{
    (void)state;
    anomaly.finding.contributor_count = 0;
    struct record *record = filled(1);
    assert_int_equal(record->known, ALL & ~BIT(SAMPLING));
    assert_int_equal(record->anomaly.contributors.count, 0);
    record_release(record);
}

static void check_names(enum record_anomaly_field field, const char *const *names)
{
    const char *const *told = record_anomaly_table.fields[field].names;
    size_t count = 0;
    for (; names[count] != NULL; count++) {
        assert_string_equal(told[count], names[count]);
    }
    assert_int_equal(count, 3);
    assert_null(told[count]);
}

static void names_are_those_of_anomalies(void **state)
{
    (void)state;
    check_names(RECORD_ANOMALY_PHASE, anomaly_phase_names);
    check_names(RECORD_ANOMALY_SEVERITY, anomaly_severity_names);
}

// Whatever memory cannot be had, what there is holds.
static void without_memory_a_record_has_less(void **state)
{
    (void)state;
    const uint64_t owned[] = {BIT(CONTRIBUTORS), BIT(SUBJECT), BIT(EXPLANATION)};
    struct record record;
    for (int i = 0; i < 3; i++) {
        memset(&record, 0xff, sizeof(record));
        failing_after(i);
        assert_int_equal(fill_anomaly(&record, &anomaly, 1), -ENOMEM);
        assert_int_equal(record.known, ALL & ~BIT(SAMPLING) & ~owned[i]);
        record_release(&record);
    }
    failing_after(3);
    assert_int_equal(fill_anomaly(&record, &anomaly, 1), 0);
    failing_after(-1);
    record_release(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_anomaly_is_copied, scene),
        cmocka_unit_test_setup(losses_and_sampling_are_copied, scene),
        cmocka_unit_test_setup(texts_may_be_as_long_as_they_can, scene),
        cmocka_unit_test_setup(nobody_may_contribute, scene),
        cmocka_unit_test_setup(names_are_those_of_anomalies, scene),
        cmocka_unit_test_setup(without_memory_a_record_has_less, scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
