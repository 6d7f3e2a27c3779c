// SPDX-License-Identifier: Apache-2.0
// What weir tells of itself to Prometheus: one table of counters and gauges, from which the text of
// /metrics and docs/METRICS.md come.
#ifndef WEIR_METRICS_H
#define WEIR_METRICS_H

#include <stdio.h>

#include "agent/books.h"
#include "agent/history/history.h"

enum {
    METRICS_THREADS_MAX = 80,
    METRICS_RINGS_MAX = 160,
    METRICS_NAME_MAX = 24,
};

// A value for each of a few names that are known only while weir runs.
struct metrics_named {
    char name[METRICS_NAME_MAX];
    double value;
};

struct metrics {
    struct books books;
    struct exporter_gauges exports;
    double live_flows;
    double flow_slots;   // of the table
    double pane_delay_s; // from the end of the last pane to its record
    double queries;
    double anomalies_open;
    struct history_statistics history;
    struct metrics_named threads[METRICS_THREADS_MAX]; // CPU seconds
    unsigned thread_count;
    struct metrics_named rings[METRICS_RINGS_MAX]; // part of the ring that is full, 0 to 1
    unsigned ring_count;
};

// Writes them as Prometheus and OpenMetrics 1.0 read it. What cannot be written is left for ferror.
void metrics_write(const struct metrics *metrics, const char *sensor, FILE *to);

// Writes docs/METRICS.md.
void metrics_docs_write(FILE *to);

#endif
