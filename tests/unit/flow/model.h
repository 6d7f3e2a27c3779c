// SPDX-License-Identifier: Apache-2.0
// What a flow table has to say, told the slow way: it keeps the packets of each living flow in a
// list and reads a flow's whole life out of it whenever it is asked.
#ifndef WEIR_TESTS_FLOW_MODEL_H
#define WEIR_TESTS_FLOW_MODEL_H

#include "dataplane/packet/facts.h"
#include "tests/unit/flow/said.h"

struct model_timeouts {
    int64_t idle_us, active_us, linger_us;
};

enum { MODEL_FLOWS_MAX = 64 };

struct model {
    struct model_timeouts timeouts;
    struct model_flow {
        const struct facts **packets; // in the order they came; none: no flow
        size_t count, room;
    } flows[MODEL_FLOWS_MAX];
    struct said_set ended;
};

void model_init(struct model *model, const struct model_timeouts *timeouts);
void model_fini(struct model *model);

// The facts stay the caller's and must live as long as the model.
void model_add(struct model *model, const struct facts *facts);
void model_expire(struct model *model, int64_t now_us);
void model_end_all(struct model *model);

#endif
