// SPDX-License-Identifier: Apache-2.0
// Something odd in the traffic, from its begin to its end.
#ifndef WEIR_DETECT_ANOMALY_H
#define WEIR_DETECT_ANOMALY_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/window/pane.h"

enum {
    ANOMALY_SUBJECT_MAX = 96, // each with its NUL
    ANOMALY_TEXT_MAX = 320,
    ANOMALY_CONTRIBUTORS_MAX = 5,
};

enum anomaly_phase { ANOMALY_BEGINS, ANOMALY_GOES_ON, ANOMALY_ENDS, ANOMALY_PHASE_COUNT };

// By the score: below 0.7, below 0.9, and above.
enum anomaly_severity { ANOMALY_NOTICE, ANOMALY_WARNING, ANOMALY_CRITICAL, ANOMALY_SEVERITY_COUNT };

extern const char *const anomaly_phase_names[ANOMALY_PHASE_COUNT + 1];       // begin, update, end
extern const char *const anomaly_severity_names[ANOMALY_SEVERITY_COUNT + 1]; // ends with NULL

enum anomaly_severity anomaly_severity_of(double score);

// Who takes part, and with how much, in the finding's unit.
struct anomaly_contributor {
    char name[ANOMALY_SUBJECT_MAX];
    uint64_t value;
};

// What a watch has to say of one subject in the pane that closed.
struct finding {
    const char *detector;              // a static name: "syn_flood"
    char subject[ANOMALY_SUBJECT_MAX]; // "198.51.100.7", "protocol dns", "all traffic"
    double score;                      // 0 to 1, see docs/DETECTION.md; 0.5 and more is told
    double observed;
    double expected;
    const char *unit;                   // static: "flows/s", "hosts"
    char explanation[ANOMALY_TEXT_MAX]; // a sentence that an operator can act on
    struct anomaly_contributor contributors[ANOMALY_CONTRIBUTORS_MAX]; // most first
    unsigned contributor_count;
};

struct anomaly {
    uint64_t number; // the same from begin to end, and no other's of this run
    enum anomaly_phase phase;
    enum anomaly_severity severity; // highest so far
    int64_t start_us;               // of the first pane that showed it
    int64_t end_us;                 // of the last one so far
    struct finding finding;         // of the pane in which it was strangest so far
    struct pane_loss loss;          // of the panes from start to end
};

#endif
