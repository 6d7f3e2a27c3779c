// SPDX-License-Identifier: Apache-2.0
// The flows of one worker: a bounded table that takes bursts of facts and tells what became of its
// flows through events.
//
// When a record ends is decided by the flow's own packets alone: a gap over the idle timeout, an
// age over the active one, a TCP close and its linger. The same comparison is made when the next
// packet of the key comes and when a sweep finds the flow, so that an early or late sweep never
// changes what a record says. Only eviction from a full table does, and it is counted.
//
// Everything is allocated by flow_table_create. All calls are for the worker thread that owns the
// table; none blocks, allocates or calls the kernel after that.
#ifndef WEIR_FLOW_FLOW_TABLE_H
#define WEIR_FLOW_FLOW_TABLE_H

#include <stdint.h>

#include "dataplane/base/hash.h"
#include "dataplane/base/memory.h"
#include "dataplane/flow/flow_entry.h"
#include "dataplane/packet/facts.h"

struct flow_options {
    uint32_t max_flows;
    uint32_t max_rare;       // flows that can have labels or tunnels at a time
    int64_t idle_timeout_us; // both at most an hour
    int64_t active_timeout_us;
    int64_t tcp_linger_us;
    enum memory_pages pages;
    struct hash_secret secret; // the one that facts.hash is made with
};

struct flow_events {
    void *context;

    // A flow ended. `rare` is NULL where the flow has none. Both die when this returns.
    void (*ended)(void *context, const struct flow_entry *flow, const struct flow_rare *rare,
                  enum flow_end end);

    // What a flow did since the last flow_table_fold, or since it was last reported. Called inside
    // flow_table_fold, and from the other calls when a flow ends or the list of active flows is
    // full. `rare` is NULL where the flow has none.
    void (*active)(void *context, const struct flow_entry *flow, const struct flow_rare *rare,
                   const struct flow_activity *activity);
};

struct flow_table_stats {
    uint64_t started;
    uint64_t ended;
    uint64_t evicted;       // of those ended: for want of room
    uint64_t packets;       // taken in
    uint64_t ended_packets; // of the flows that ended
    uint64_t rare_refused;  // packets whose labels and tunnels found no room in the side pool
};

struct flow_table;

// Sets *table. 0, or a negative errno with a message; *table is untouched then.
int flow_table_create(struct flow_table **table, const struct flow_options *options,
                      const struct flow_events *events, struct error *err);

// `table` may be NULL. Live flows are forgotten: end them first.
void flow_table_free(struct flow_table *table);

// Counts `count` packets to their flows, in order. facts[].hash is hash_bytes(key).
void flow_table_add(struct flow_table *table, const struct facts *facts, unsigned count);

// Reports each flow that was active since the last call, once.
void flow_table_fold(struct flow_table *table);

// Ends the flows whose time was up before `now_us`. A packet that comes after the sweep with a time
// before it finds its flow gone: sweep at the same packets wherever the records must be the same.
void flow_table_expire(struct flow_table *table, int64_t now_us);

// The same for a part of the table, the next one at each call: for a table whose flows must leave
// evenly. FLOW_SWEEP_PARTS calls go through all of it, but each is one block of the timer at least.
enum { FLOW_SWEEP_PARTS = 4096 };
void flow_table_expire_part(struct flow_table *table, int64_t now_us);

// The clock that packets get their times from was set back by `us`: the flows go back with it, or
// none of them would end before the clock has come there again.
void flow_table_set_back(struct flow_table *table, int64_t us);

// Ends all flows; those not closed by TCP with `shutdown`.
void flow_table_end_all(struct flow_table *table);

const struct flow_table_stats *flow_table_stats(const struct flow_table *table);

#endif
