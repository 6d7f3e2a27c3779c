// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/flow/made.h"
#include "tests/unit/flow/recorder.h"

#define SECOND INT64_C(1000000)

static void flow_ended(void *context, const struct flow_entry *flow, const struct flow_rare *rare,
                       enum flow_end end)
{
    struct recorder *recorder = context;
    said_of_entry(said_set_add(&recorder->ended), flow, end);
    recorder->ends[end]++;
    recorder->has_rare = rare != NULL;
    if (rare != NULL) {
        recorder->rare = *rare;
    }
}

static void flow_active(void *context, const struct flow_entry *flow, const struct flow_rare *rare,
                        const struct flow_activity *activity)
{
    struct recorder *recorder = context;
    recorder->active_has_rare = rare != NULL;
    if (rare != NULL) {
        recorder->active_rare = *rare;
    }
    struct recorded_activity *to = &recorder->activity[made_key_flow(&flow->key)];
    assert_int_not_equal(activity->packets, 0);
    to->sum.packets += activity->packets;
    to->sum.bytes += activity->bytes;
    to->sum.wire_bytes += activity->wire_bytes;
    to->events++;
}

void recorder_init(struct recorder *recorder, const struct flow_options *options)
{
    memset(recorder, 0, sizeof(*recorder));
    recorder->activity = calloc(RECORDER_FLOWS_MAX, sizeof(*recorder->activity));
    assert_non_null(recorder->activity);
    struct flow_options with_secret = *options;
    with_secret.secret = made_secret;
    with_secret.pages = MEMORY_PAGES_NEVER;
    struct flow_events events = {.context = recorder, .ended = flow_ended, .active = flow_active};
    struct error err = {0};
    assert_int_equal(flow_table_create(&recorder->table, &with_secret, &events, &err), 0);
}

void recorder_init_roomy(struct recorder *recorder, uint32_t max_flows, uint32_t max_rare)
{
    recorder_init(recorder, &(struct flow_options){.max_flows = max_flows,
                                                   .max_rare = max_rare,
                                                   .idle_timeout_us = 30 * SECOND,
                                                   .active_timeout_us = 3600 * SECOND,
                                                   .tcp_linger_us = 5 * SECOND});
}

void recorder_fini(struct recorder *recorder)
{
    flow_table_free(recorder->table);
    said_set_free(&recorder->ended);
    free(recorder->activity);
}
