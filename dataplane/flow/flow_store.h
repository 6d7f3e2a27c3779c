// SPDX-License-Identifier: Apache-2.0
// Inside of the flow table, for the files of this room only: slots, the index over them, the side
// pool and the list of active flows.
#ifndef WEIR_FLOW_FLOW_STORE_H
#define WEIR_FLOW_FLOW_STORE_H

#include "dataplane/flow/application.h"
#include "dataplane/flow/flow_index.h"
#include "dataplane/flow/flow_pool.h"
#include "dataplane/flow/flow_table.h"
#include "dataplane/flow/flow_timer.h"

// An active flow and its counters when it was listed: what it does is the difference to its entry.
struct flow_listed {
    uint32_t slot;    // FLOW_NO_SLOT: the flow ended meanwhile and was reported then
    uint32_t packets; // modulo 2^32, as their difference is taken
    uint64_t bytes;
    uint64_t wire_bytes;
};

struct flow_table {
    struct flow_entry *entries;
    struct flow_index index;
    struct flow_timer timer;
    uint32_t next_block; // of the timer: where flow_table_expire_part looked last
    struct flow_pool slots;

    struct flow_listed *listed;
    uint32_t listed_count;
    uint32_t listed_max;
    uint32_t epoch; // an entry with another epoch is not listed

    int64_t idle_us, active_us, linger_us;
    struct flow_events events;
    struct flow_table_stats stats;

    struct flow_rare *rare;
    struct flow_pool rare_pool;
    struct flow_options options;
    struct application_ports ports;
};

// Makes an entry for the facts' key, which is not in the table; evicts one where there is no room.
struct flow_entry *flow_store_open(struct flow_table *table, const struct facts *facts);

// Reports the entry's last activity and its end, and frees its slot.
void flow_store_close(struct flow_table *table, struct flow_entry *entry, enum flow_end end);

// Finds the entry of a key, or NULL.
struct flow_entry *flow_store_find(struct flow_table *table, const struct flow_key *key,
                                   uint64_t hash);

// Enters the flow in the list of active ones; it is not there.
void flow_store_list(struct flow_table *table, struct flow_entry *entry);

// Takes in labels and tunnel of a packet.
void flow_store_rare(struct flow_table *table, struct flow_entry *entry, const struct facts *facts);

static inline uint32_t flow_store_slot(const struct flow_table *table,
                                       const struct flow_entry *entry)
{
    return (uint32_t)(entry - table->entries);
}

static inline uint64_t flow_store_hash(const struct flow_table *table,
                                       const struct flow_entry *entry)
{
    return hash_bytes(&entry->key, sizeof(entry->key), table->options.secret);
}

// NULL: the flow has none.
static inline const struct flow_rare *flow_store_rare_of(const struct flow_table *table,
                                                         const struct flow_entry *entry)
{
    return entry->rare != FLOW_NO_RARE ? &table->rare[entry->rare] : NULL;
}

// What the flow did since it was listed.
static inline void flow_store_activity(const struct flow_entry *entry,
                                       const struct flow_listed *listed,
                                       struct flow_activity *activity)
{
    const struct flow_side *side = entry->side;
    activity->packets = (uint32_t)(side[0].packets + side[1].packets - listed->packets);
    activity->bytes = side[0].bytes + side[1].bytes - listed->bytes;
    activity->wire_bytes = side[0].wire_bytes + side[1].wire_bytes - listed->wire_bytes;
}

static inline bool flow_key_equal(const struct flow_key *a, const struct flow_key *b)
{
    return __builtin_memcmp(a, b, sizeof(*a)) == 0;
}

#endif
