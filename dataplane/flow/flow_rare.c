// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "dataplane/flow/flow_store.h"

// Of each fact a direction keeps the first it saw: labels and tunnels of a flow seldom change, and
// where they do, the record says where the flow began.
static void side_add(struct flow_rare *rare, const struct facts_rare *facts, unsigned direction)
{
    if (rare->mpls_count[direction] == 0) {
        rare->mpls_count[direction] = facts->mpls_count;
        memcpy(rare->mpls[direction], facts->mpls, sizeof(facts->mpls));
    }
    if (facts->has_teid && !rare->has_teid[direction]) {
        rare->has_teid[direction] = 1;
        rare->teid[direction] = facts->teid;
    }
    if (facts->has_qfi && !rare->has_qfi[direction]) {
        rare->has_qfi[direction] = 1;
        rare->qfi[direction] = facts->qfi;
    }
}

void flow_store_rare(struct flow_table *table, struct flow_entry *entry, const struct facts *facts)
{
    if (entry->rare == FLOW_NO_RARE) {
        uint32_t place = flow_pool_take(&table->rare_pool);
        if (place == FLOW_POOL_EMPTY) {
            table->stats.rare_refused++;
            return;
        }
        entry->rare = place;
        memset(&table->rare[place], 0, sizeof(table->rare[place]));
    }
    struct flow_rare *rare = &table->rare[entry->rare];
    unsigned direction = facts->direction;
    side_add(rare, &facts->rare, direction);
    if (rare->tunnel == TUNNEL_NONE && facts->rare.tunnel != TUNNEL_NONE) {
        rare->tunnel = facts->rare.tunnel;
        rare->tunnel_ipv6 = facts->rare.tunnel_ipv6;
        memcpy(rare->tunnel_address[direction], facts->rare.tunnel_source, 16);
        memcpy(rare->tunnel_address[!direction], facts->rare.tunnel_destination, 16);
    }
}
