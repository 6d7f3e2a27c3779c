// SPDX-License-Identifier: Apache-2.0
// The contract of detectors: each looks at one series, row by row, for one kind of anomaly, and
// says how improbable the last row is. A detector keeps a state of fixed size, asks nobody for the
// time and is deterministic: what it says of a row depends on that row and on earlier ones. One
// instance serves one series and one thread at a time; nothing here blocks.
#ifndef WEIR_DETECT_DETECTOR_H
#define WEIR_DETECT_DETECTOR_H

// A row of the series. Rows come in the series' order; their times may be irregular.
struct detect_point {
    double time_s; // wall clock, in seconds since the epoch; NAN: not known
    double value;  // finite and at most DETECT_VALUE_MAX in size; NAN: missing, not judged
};

#define DETECT_VALUE_MAX 1e100

enum detect_state {
    DETECT_LEARNING, // too few rows to say anything; the probability is 1
    DETECT_WATCHING,
};

// What a detector says of the row fed last.
struct detect_verdict {
    enum detect_state state;
    double probability; // in (0, 1], of a row as strange as this one or stranger, were all as usual
    double expected;    // the value, by what was known before the row; NAN: nothing was
    double spread;      // the distance from there of usual values
};

// All that can be set, for all detectors. None of it needs to be.
struct detect_options {
    double memory_rows; // of how many of the last rows a detector tells what is usual; at least 100
};

#define DETECT_MEMORY_ROWS 10000 // for detect_options: the standard

struct detector_ops {
    const char *name;
    // 0, or -ENOMEM with *detector untouched. To be freed.
    int (*create)(void **detector, const struct detect_options *options);
    void (*feed)(void *detector, const struct detect_point *point);
    void (*tell)(const void *detector, struct detect_verdict *verdict);
    void (*free)(void *detector); // NULL is allowed
};

extern const struct detector_ops detector_volume; // sudden spikes and drops
extern const struct detector_ops detector_change; // lasting shifts of level or variance

#endif
