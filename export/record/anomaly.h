// SPDX-License-Identifier: Apache-2.0
// Something odd in the traffic: that it has begun, goes on or has ended.
#ifndef WEIR_RECORD_ANOMALY_H
#define WEIR_RECORD_ANOMALY_H

#include "export/record/field.h"
#include "export/record/loss.h"

enum record_phase { RECORD_PHASE_BEGIN, RECORD_PHASE_UPDATE, RECORD_PHASE_END, RECORD_PHASE_COUNT };

enum record_severity {
    RECORD_SEVERITY_NOTICE,
    RECORD_SEVERITY_WARNING,
    RECORD_SEVERITY_CRITICAL,
    RECORD_SEVERITY_COUNT,
};

struct record_contributor {
    const char *name; // in the rows' own block
    uint64_t value;
};

struct record_anomaly {
    uint64_t anomaly;
    const char *detector; // of static storage, as unit
    char *subject;
    double score;
    double observed;
    double expected;
    const char *unit;
    int64_t start_us;
    int64_t end_us;
    char *explanation;
    struct field_rows contributors; // of struct record_contributor
    struct record_loss loss;
    uint32_t sampling;
    uint8_t phase;    // enum record_phase
    uint8_t severity; // enum record_severity
};

// ROW(enumerator, name, number, member, kind, unit, since, help, further members of struct field)
#define RECORD_ANOMALY_FIELDS(ROW)                                                                 \
    ROW(ANOMALY, "anomaly", 1, anomaly, U64, "", 1,                                                \
        "its number: the same in all its records, and no other's of this run")                     \
    ROW(PHASE, "phase", 2, phase, ENUM, "", 1, "whether it begins, goes on or has ended",          \
        .names = record_phase_names)                                                               \
    ROW(DETECTOR, "detector", 3, detector, STRING, "", 1, "which detector found it")               \
    ROW(SUBJECT, "subject", 4, subject, OWNED, "", 1,                                              \
        "what it is about: an address, a prefix, a protocol, all traffic")                         \
    ROW(SEVERITY, "severity", 5, severity, ENUM, "", 1, "the highest so far, by the score",        \
        .names = record_severity_names)                                                            \
    ROW(SCORE, "score", 6, score, DOUBLE, "", 1,                                                   \
        "how strange, from 0.5 to 1: a notice below 0.7, critical from 0.9 on")                    \
    ROW(OBSERVED, "observed", 7, observed, DOUBLE, "", 1,                                          \
        "what was seen in the pane that was strangest so far, in `unit`")                          \
    ROW(EXPECTED, "expected", 8, expected, DOUBLE, "", 1,                                          \
        "what would have been usual there; left out where nothing was")                            \
    ROW(UNIT, "unit", 9, unit, STRING, "", 1,                                                      \
        "of `observed`, `expected` and the contributors' values")                                  \
    ROW(START_US, "start_us", 10, start_us, I64, "us", 1,                                          \
        "where the first pane starts that showed it, inclusive")                                   \
    ROW(END_US, "end_us", 11, end_us, I64, "us", 1,                                                \
        "where the last such pane so far ends, exclusive")                                         \
    ROW(EXPLANATION, "explanation", 12, explanation, OWNED, "", 1, "a sentence for the operator")  \
    ROW(CONTRIBUTORS, "contributors", 13, contributors, ROWS, "", 1,                               \
        "who takes part most, highest value first, at most 5", .table = &contributor_table)        \
    ROW(LOSS, "loss", 14, loss, OBJECT, "", 1, "what its panes lack", .table = &record_loss_table) \
    ROW(SAMPLING, "sampling", 15, sampling, U32, "", 1,                                            \
        "one flow in this many was looked at; left out where all were")

enum record_anomaly_field {
#define ANOMALY_FIELD_ENUM(id, ...) RECORD_ANOMALY_##id,
    RECORD_ANOMALY_FIELDS(ANOMALY_FIELD_ENUM)
#undef ANOMALY_FIELD_ENUM
        RECORD_ANOMALY_FIELD_COUNT,
};

extern const struct field_table record_anomaly_table; // row n is enum record_anomaly_field n

#endif
