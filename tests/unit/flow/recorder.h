// SPDX-License-Identifier: Apache-2.0
// A flow table whose events are written down.
#ifndef WEIR_TESTS_FLOW_RECORDER_H
#define WEIR_TESTS_FLOW_RECORDER_H

#include <stdbool.h>

#include "dataplane/flow/flow_table.h"
#include "tests/unit/flow/said.h"

enum { RECORDER_FLOWS_MAX = 1 << 17 };

struct recorded_activity {
    struct flow_activity sum;
    unsigned events;
};

struct recorder {
    struct flow_table *table;
    struct said_set ended;
    unsigned ends[FLOW_END_COUNT];
    struct recorded_activity *activity; // by the number of the key
    struct flow_rare rare;              // of the flow that ended last, where it had some
    bool has_rare;
    struct flow_rare active_rare; // the same of the flow that was last reported as active
    bool active_has_rare;
};

// `options` without secret and pages. Fails the test where there is no memory.
void recorder_init(struct recorder *recorder, const struct flow_options *options);
// The same with an idle timeout of 30 s, an active one of an hour, a linger of 5 s.
void recorder_init_roomy(struct recorder *recorder, uint32_t max_flows, uint32_t max_rare);

void recorder_fini(struct recorder *recorder);

#endif
