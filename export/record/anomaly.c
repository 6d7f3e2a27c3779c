// SPDX-License-Identifier: Apache-2.0
#include "export/record/anomaly.h"

static const char *const record_phase_names[RECORD_PHASE_COUNT + 1] = {
    [RECORD_PHASE_BEGIN] = "begin",
    [RECORD_PHASE_UPDATE] = "update",
    [RECORD_PHASE_END] = "end",
};

static const char *const record_severity_names[RECORD_SEVERITY_COUNT + 1] = {
    [RECORD_SEVERITY_NOTICE] = "notice",
    [RECORD_SEVERITY_WARNING] = "warning",
    [RECORD_SEVERITY_CRITICAL] = "critical",
};

static const struct field contributor_fields[] = {
    FIELD_ROW(struct record_contributor, "name", 1, name, STRING, "", 1, "who"),
    FIELD_ROW(struct record_contributor, "value", 2, value, U64, "", 1, "with how much"),
};

static const struct field_table contributor_table = {
    .name = "Contributor",
    .fields = contributor_fields,
    .count = sizeof(contributor_fields) / sizeof(contributor_fields[0]),
    .bytes = sizeof(struct record_contributor),
};

#define ANOMALY_FIELD_ROW(id, ...)                                                                 \
    [RECORD_ANOMALY_##id] = FIELD_ROW(struct record_anomaly, __VA_ARGS__),
static const struct field anomaly_fields[] = {RECORD_ANOMALY_FIELDS(ANOMALY_FIELD_ROW)};

const struct field_table record_anomaly_table = {
    .name = "Anomaly",
    .fields = anomaly_fields,
    .count = RECORD_ANOMALY_FIELD_COUNT,
    .bytes = sizeof(struct record_anomaly),
};
