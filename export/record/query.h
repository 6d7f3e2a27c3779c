// SPDX-License-Identifier: Apache-2.0
// What a standing query found over its window, when a pane closed.
#ifndef WEIR_RECORD_QUERY_H
#define WEIR_RECORD_QUERY_H

#include "export/record/field.h"
#include "export/record/loss.h"

enum record_query_kind {
    RECORD_KIND_SHARE,
    RECORD_KIND_TOP,
    RECORD_KIND_DEVIATION,
    RECORD_KIND_COUNT,
};

enum record_query_by { RECORD_BY_BYTES, RECORD_BY_PACKETS, RECORD_BY_FLOWS, RECORD_BY_COUNT };

enum record_query_traffic { RECORD_TRAFFIC_EXTERNAL, RECORD_TRAFFIC_ALL, RECORD_TRAFFIC_COUNT };

enum record_query_baseline { RECORD_BASELINE_MEAN, RECORD_BASELINE_ZERO, RECORD_BASELINE_COUNT };

struct record_query_row {
    const char *name; // in the rows' own block
    uint64_t value;
    double percent;
    double deviations;
};

struct record_query {
    char *query;
    char *filter;
    const char *subject; // of static storage
    int64_t window_us;
    int64_t start_us;
    int64_t end_us;
    double percent;
    double deviations;
    struct field_rows rows; // of struct record_query_row
    uint64_t matching;
    uint64_t subjects;
    uint64_t total;
    double mean;
    double stddev;
    uint64_t error; // one of three fields, by the unit it is in
    struct record_loss loss;
    uint32_t revision;
    uint32_t k;
    uint32_t sampling;
    uint8_t kind;     // enum record_query_kind
    uint8_t by;       // enum record_query_by
    uint8_t traffic;  // enum record_query_traffic
    uint8_t baseline; // enum record_query_baseline
    uint8_t ipv4_bits;
    uint8_t ipv6_bits;
    bool exact;
    bool changed;
};

// ROW(enumerator, name, number, member, kind, unit, since, help, further members of struct field)
#define RECORD_QUERY_FIELDS(ROW)                                                                   \
    ROW(QUERY, "query", 1, query, OWNED, "", 1, "name of the query")                               \
    ROW(REVISION, "revision", 2, revision, U32, "", 1,                                             \
        "1 when the query was added; one more with each change")                                   \
    ROW(KIND, "kind", 3, kind, ENUM, "", 1,                                                        \
        "which subjects are told: those with more than `percent` of the traffic, the `k` with "    \
        "most, or those more than `deviations` standard deviations above `baseline`",              \
        .names = record_kind_names)                                                                \
    ROW(SUBJECT, "subject", 4, subject, STRING, "", 1,                                             \
        "what is told apart: `protocol`, `address`, `source_prefix` and so on")                    \
    ROW(BY, "by", 5, by, ENUM, "", 1,                                                              \
        "what is counted, and the unit of all values; of flows those that began",                  \
        .names = record_by_names)                                                                  \
    ROW(TRAFFIC, "traffic", 6, traffic, ENUM, "", 1,                                               \
        "whether only traffic between `network.internal` and the rest counts, or all",             \
        .names = record_traffic_names)                                                             \
    ROW(WINDOW_US, "window_us", 7, window_us, I64, "us", 1, "how far back the query looks")        \
    ROW(PERCENT, "percent", 16, percent, DOUBLE, "%", 1, "of kind `share`: its threshold")         \
    ROW(K, "k", 17, k, U32, "", 1, "of kind `top`: how many")                                      \
    ROW(DEVIATIONS, "deviations", 18, deviations, DOUBLE, "", 1,                                   \
        "of kind `deviation`: its threshold, in standard deviations")                              \
    ROW(BASELINE, "baseline", 19, baseline, ENUM, "", 1,                                           \
        "of kind `deviation`: what they are added to, the mean of all subjects or nothing",        \
        .names = record_baseline_names)                                                            \
    ROW(IPV4_BITS, "ipv4_bits", 20, ipv4_bits, U8, "bits", 1,                                      \
        "of subjects that are prefixes: their length in IPv4")                                     \
    ROW(IPV6_BITS, "ipv6_bits", 21, ipv6_bits, U8, "bits", 1, "the same in IPv6")                  \
    ROW(FILTER, "filter", 22, filter, OWNED, "", 1,                                                \
        "which flows count, as it was written; left out where all do")                             \
    ROW(START_US, "start_us", 8, start_us, I64, "us", 1,                                           \
        "where the panes start that were counted, inclusive: later than `end_us` less "            \
        "`window_us` where the query or the run has just begun")                                   \
    ROW(END_US, "end_us", 9, end_us, I64, "us", 1, "where they end, exclusive")                    \
    ROW(ROWS, "rows", 10, rows, ROWS, "", 1,                                                       \
        "the subjects told, highest value first, at most 1000 of them", .table = &query_row_table) \
    ROW(MATCHING, "matching", 11, matching, U64, "", 1,                                            \
        "how many subjects the query is about, though there be more of them than rows")            \
    ROW(SUBJECTS, "subjects", 12, subjects, U64, "", 1, "how many had traffic")                    \
    ROW(TOTAL, "total", 13, total, U64, "", 1,                                                     \
        "all traffic that counts, each flow once: 100 percent")                                    \
    ROW(MEAN, "mean", 23, mean, DOUBLE, "", 1, "of the values of all subjects that had traffic")   \
    ROW(STDDEV, "stddev", 24, stddev, DOUBLE, "", 1, "their standard deviation, of all of them")   \
    ROW(EXACT, "exact", 14, exact, BOOL, "", 1,                                                    \
        "whether all flows came to the query (`loss.activity_shed` is 0) and all subjects found "  \
        "room in its memory")                                                                      \
    ROW(ERROR_BYTES, "error_bytes", 25, error, U64, "octets", 1,                                   \
        "by bytes, where not exact: how far at most a row's value is off, and how much at most "   \
        "a subject has had that has no row; left out where that is not known, since not all flows" \
        " came to the query")                                                                      \
    ROW(ERROR_PACKETS, "error_packets", 26, error, U64, "packets", 1, "the same by packets")       \
    ROW(ERROR_FLOWS, "error_flows", 27, error, U64, "flows", 1, "the same by flows")               \
    ROW(CHANGED, "changed", 28, changed, BOOL, "", 1,                                              \
        "the first answer of a new revision; left out where it is not")                            \
    ROW(LOSS, "loss", 15, loss, OBJECT, "", 1, "what the window lacks",                            \
        .table = &record_loss_table)                                                               \
    ROW(SAMPLING, "sampling", 29, sampling, U32, "", 1,                                            \
        "one flow in this many was looked at; left out where all were")

enum record_query_field {
#define QUERY_FIELD_ENUM(id, ...) RECORD_QUERY_##id,
    RECORD_QUERY_FIELDS(QUERY_FIELD_ENUM)
#undef QUERY_FIELD_ENUM
        RECORD_QUERY_FIELD_COUNT,
};

extern const struct field_table record_query_table; // row n is enum record_query_field n

#endif
