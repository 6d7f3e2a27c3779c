// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/publish/fill.h"
#include "agent/publish/owned.h"

#define BIT(field) (UINT64_C(1) << RECORD_ANOMALY_##field)

// All but what is on the heap and how much was looked at.
#define ALWAYS                                                                                     \
    (BIT(ANOMALY) | BIT(PHASE) | BIT(DETECTOR) | BIT(SEVERITY) | BIT(SCORE) | BIT(OBSERVED) |      \
     BIT(EXPECTED) | BIT(UNIT) | BIT(START_US) | BIT(END_US) | BIT(LOSS))

static_assert((int)ANOMALY_BEGINS == (int)RECORD_PHASE_BEGIN &&
                  (int)ANOMALY_GOES_ON == (int)RECORD_PHASE_UPDATE &&
                  (int)ANOMALY_ENDS == (int)RECORD_PHASE_END &&
                  (int)ANOMALY_PHASE_COUNT == (int)RECORD_PHASE_COUNT,
              "a record has the names of the phases in their order");
static_assert((int)ANOMALY_NOTICE == (int)RECORD_SEVERITY_NOTICE &&
                  (int)ANOMALY_WARNING == (int)RECORD_SEVERITY_WARNING &&
                  (int)ANOMALY_CRITICAL == (int)RECORD_SEVERITY_CRITICAL &&
                  (int)ANOMALY_SEVERITY_COUNT == (int)RECORD_SEVERITY_COUNT,
              "likewise");

// Rows and, behind them, their names.
static int fill_contributors(struct field_rows *to, const struct finding *finding)
{
    const unsigned count = finding->contributor_count;
    if (count == 0) {
        *to = (struct field_rows){0};
        return 0;
    }
    struct record_contributor *rows = malloc(count * (sizeof(*rows) + ANOMALY_SUBJECT_MAX));
    if (rows == NULL) {
        return -ENOMEM;
    }
    char *name = (char *)(rows + count);
    for (unsigned i = 0; i < count; i++) {
        rows[i] = (struct record_contributor){name, finding->contributors[i].value};
        name = stpcpy(name, finding->contributors[i].name) + 1;
    }
    *to = (struct field_rows){.row = rows, .count = count};
    return 0;
}

// What is on the heap, as much of it as there is memory for.
static int fill_owned(struct record *record, const struct finding *finding)
{
    struct record_anomaly *to = &record->anomaly;
    int rows = fill_contributors(&to->contributors, finding);
    if (rows == 0) {
        record_know(record, RECORD_ANOMALY_CONTRIBUTORS);
    }
    int subject = owned_text(record, RECORD_ANOMALY_SUBJECT, &to->subject, finding->subject);
    int explanation =
        owned_text(record, RECORD_ANOMALY_EXPLANATION, &to->explanation, finding->explanation);
    return rows != 0 || subject != 0 || explanation != 0 ? -ENOMEM : 0;
}

int fill_anomaly(struct record *record, const struct anomaly *anomaly, uint32_t sampling)
{
    const struct finding *finding = &anomaly->finding;
    record_init(record, RECORD_ANOMALY);
    record->anomaly = (struct record_anomaly){
        .anomaly = anomaly->number,
        .detector = finding->detector,
        .score = finding->score,
        .observed = finding->observed,
        .expected = finding->expected,
        .unit = finding->unit,
        .start_us = anomaly->start_us,
        .end_us = anomaly->end_us,
        .loss = loss_told(&anomaly->loss),
        .sampling = sampling,
        .phase = (uint8_t)anomaly->phase,
        .severity = (uint8_t)anomaly->severity,
    };
    record->known = ALWAYS | (sampling > 1 ? BIT(SAMPLING) : 0);
    return fill_owned(record, finding);
}
