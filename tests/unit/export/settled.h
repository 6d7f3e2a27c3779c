// SPDX-License-Identifier: Apache-2.0
// Watches a sink: what it settled, how, and what it complained about.
#ifndef WEIR_TESTS_EXPORT_SETTLED_H
#define WEIR_TESTS_EXPORT_SETTLED_H

#include "export/sink/sink.h"

enum { SETTLED_MAX = 8192 };

struct settled {
    unsigned times[SETTLED_MAX]; // by sequence
    enum export_cause cause[SETTLED_MAX];
    size_t of_cause[EXPORT_CAUSE_COUNT];
    size_t total;
    unsigned complaints;
    struct error complaint; // the last one
};

struct sink_events settled_events(struct settled *settled);

#endif
