// SPDX-License-Identifier: Apache-2.0
#include "export/record/query.h"

static const char *const record_kind_names[RECORD_KIND_COUNT + 1] = {
    [RECORD_KIND_SHARE] = "share",
    [RECORD_KIND_TOP] = "top",
    [RECORD_KIND_DEVIATION] = "deviation",
};

static const char *const record_by_names[RECORD_BY_COUNT + 1] = {
    [RECORD_BY_BYTES] = "bytes",
    [RECORD_BY_PACKETS] = "packets",
    [RECORD_BY_FLOWS] = "flows",
};

static const char *const record_traffic_names[RECORD_TRAFFIC_COUNT + 1] = {
    [RECORD_TRAFFIC_EXTERNAL] = "external",
    [RECORD_TRAFFIC_ALL] = "all",
};

static const char *const record_baseline_names[RECORD_BASELINE_COUNT + 1] = {
    [RECORD_BASELINE_MEAN] = "mean",
    [RECORD_BASELINE_ZERO] = "zero",
};

static const struct field query_row_fields[] = {
    FIELD_ROW(struct record_query_row, "name", 1, name, STRING, "", 1,
              "the subject: an address, a port, a protocol's name"),
    FIELD_ROW(struct record_query_row, "value", 2, value, U64, "", 1, "its traffic"),
    FIELD_ROW(struct record_query_row, "percent", 3, percent, DOUBLE, "%", 1, "of `total`"),
    FIELD_ROW(struct record_query_row, "deviations", 4, deviations, DOUBLE, "", 1,
              "standard deviations above the mean; 0 where all subjects have the same"),
};

static const struct field_table query_row_table = {
    .name = "QueryRow",
    .fields = query_row_fields,
    .count = sizeof(query_row_fields) / sizeof(query_row_fields[0]),
    .bytes = sizeof(struct record_query_row),
};

#define QUERY_FIELD_ROW(id, ...) [RECORD_QUERY_##id] = FIELD_ROW(struct record_query, __VA_ARGS__),
static const struct field query_fields[] = {RECORD_QUERY_FIELDS(QUERY_FIELD_ROW)};

const struct field_table record_query_table = {
    .name = "Query",
    .fields = query_fields,
    .count = RECORD_QUERY_FIELD_COUNT,
    .bytes = sizeof(struct record_query),
};
