// SPDX-License-Identifier: Apache-2.0
// When a flow's time is up, and why: one rule for the packet that comes late and for the sweep.
// Inside of the flow table.
#ifndef WEIR_FLOW_FLOW_EXPIRY_H
#define WEIR_FLOW_FLOW_EXPIRY_H

#include "dataplane/flow/flow_store.h"

// The last moment, in us since the flow's start, at which a packet still belongs to it.
static inline int64_t flow_deadline(const struct flow_table *table, const struct flow_entry *entry)
{
    int64_t quiet_us = entry->state & FLOW_CLOSED ? table->linger_us : table->idle_us;
    int64_t deadline_us = entry->last_us + quiet_us;
    return deadline_us < table->active_us ? deadline_us : table->active_us;
}

static inline enum flow_end flow_end_reason(const struct flow_table *table,
                                            const struct flow_entry *entry)
{
    if (entry->state & FLOW_CLOSED) {
        return entry->state & FLOW_RST ? FLOW_END_RST : FLOW_END_FIN;
    }
    return entry->last_us + table->idle_us <= table->active_us ? FLOW_END_IDLE : FLOW_END_ACTIVE;
}

#endif
