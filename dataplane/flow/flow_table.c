// SPDX-License-Identifier: Apache-2.0
// The packet path of the flow table. A burst goes through in three passes, so that the cache misses
// of its packets overlap: prefetch the buckets; match tags and prefetch the entries; count.
#include "dataplane/flow/flow_table.h"

#include <string.h>

#include "dataplane/flow/flow_expiry.h"
#include "dataplane/flow/flow_store.h"
#include "dataplane/flow/flow_tcp.h"
#include "dataplane/flow/signature.h"

enum { BURST = 64, SWEEP_ENTRIES_AHEAD = 32, SWEEP_BUCKETS_AHEAD = 8, FOLD_AHEAD = 32 };

// The lines that every packet touches. A core has but a dozen or so misses under way at a time:
// each line left out counts.
static inline void entry_prefetch(const struct flow_entry *entry)
{
    __builtin_prefetch(entry, 1);
    __builtin_prefetch(&entry->side, 1);
}

static inline void entry_prefetch_whole(const struct flow_entry *entry)
{
    entry_prefetch(entry);
    __builtin_prefetch(&entry->tcp_options, 1);
}

// True when the packet cannot belong to the entry that its key finds.
static inline bool packet_is_next_flow(const struct flow_table *table,
                                       const struct flow_entry *entry, const struct facts *facts,
                                       int64_t now_us)
{
    if (now_us > flow_deadline(table, entry) ||
        entry->side[facts->direction].packets == UINT32_MAX) {
        return true;
    }
    return entry->state & FLOW_CLOSED && facts->flags & FACTS_TCP &&
           (facts->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

static inline void packet_count(struct flow_table *table, struct flow_entry *entry,
                                const struct facts *facts, uint32_t now_us)
{
    if (entry->epoch != table->epoch) {
        flow_store_list(table, entry);
    }
    uint64_t gap_us = now_us - entry->last_us;
    entry->gap_squares += gap_us * gap_us;
    entry->last_us = now_us;

    struct flow_side *side = &entry->side[facts->direction];
    if (facts->flags & FACTS_TCP) {
        flow_tcp_add(table, entry, facts, now_us);
    } else if (facts->flags & FACTS_ICMP && !entry->has_transport[facts->direction]) {
        entry->has_transport[facts->direction] = 1;
        entry->icmp[facts->direction].type = facts->icmp_type;
        entry->icmp[facts->direction].code = facts->icmp_code;
    }
    if (side->packets == 0) {
        entry->ttl[facts->direction] = facts->ttl;
        entry->tos[facts->direction] = facts->tos;
    }
    side->packets++;
    side->bytes += facts->bytes;
    side->wire_bytes += facts->wire_bytes;
    signature_note(entry, facts);
    if (__builtin_expect(facts->flags & FACTS_RARE, 0)) {
        flow_store_rare(table, entry, facts);
    }
}

static inline void packet_add(struct flow_table *table, struct flow_entry *entry,
                              const struct facts *facts)
{
    if (entry == NULL) {
        entry = flow_store_open(table, facts);
    }
    int64_t now_us = facts->time_us - entry->start_us;
    if (__builtin_expect(packet_is_next_flow(table, entry, facts, now_us), 0)) {
        flow_store_close(table, entry, flow_end_reason(table, entry));
        entry = flow_store_open(table, facts);
        now_us = 0;
    }
    // A clock that ran backwards makes no negative gap: the flow's time stands still.
    packet_count(table, entry, facts, now_us > entry->last_us ? (uint32_t)now_us : entry->last_us);
}

static void burst_add(struct flow_table *table, const struct facts *facts, unsigned count)
{
    uint32_t candidate[BURST];
    uint32_t fresh = 0; // flows that the burst will open, as far as can be told
    for (unsigned i = 0; i < count; i++) {
        __builtin_prefetch(flow_index_first(&table->index, facts[i].hash));
    }
    for (unsigned i = 0; i < count; i++) {
        const struct flow_bucket *bucket = flow_index_first(&table->index, facts[i].hash);
        unsigned match = flow_bucket_match(bucket, facts[i].hash);
        candidate[i] = match ? bucket->slot[__builtin_ctz(match)] : FLOW_NO_SLOT;
        if (match != 0) {
            const struct flow_entry *entry = &table->entries[candidate[i]];
            entry_prefetch(entry);
            if (facts[i].flags & FACTS_RARE || facts[i].tcp_options != 0) {
                __builtin_prefetch(&entry->tcp_options, 1);
            }
        } else {
            entry_prefetch_whole(&table->entries[flow_pool_peek(&table->slots, fresh++)]);
            if (bucket->strays != 0) {
                __builtin_prefetch(flow_index_second(&table->index, facts[i].hash));
            }
        }
    }
    for (unsigned i = 0; i < count; i++) {
        // An earlier packet of the burst may have opened or closed the flow: a candidate is a hint.
        struct flow_entry *entry = NULL;
        if (candidate[i] != FLOW_NO_SLOT) {
            entry = &table->entries[candidate[i]];
        }
        if (entry == NULL || !flow_key_equal(&entry->key, &facts[i].key)) {
            entry = flow_store_find(table, &facts[i].key, facts[i].hash);
        }
        packet_add(table, entry, &facts[i]);
    }
    table->stats.packets += count;
}

void flow_table_add(struct flow_table *table, const struct facts *facts, unsigned count)
{
    for (unsigned done = 0; done < count; done += BURST) {
        burst_add(table, facts + done, count - done < BURST ? count - done : BURST);
    }
}

void flow_table_fold(struct flow_table *table)
{
    uint32_t count = table->listed_count;
    for (uint32_t i = 0; i < count; i++) {
        if (i + FOLD_AHEAD < count && table->listed[i + FOLD_AHEAD].slot != FLOW_NO_SLOT) {
            entry_prefetch_whole(&table->entries[table->listed[i + FOLD_AHEAD].slot]);
        }
        const struct flow_listed *listed = &table->listed[i];
        if (listed->slot == FLOW_NO_SLOT) {
            continue;
        }
        const struct flow_entry *entry = &table->entries[listed->slot];
        struct flow_activity activity;
        flow_store_activity(entry, listed, &activity);
        table->events.active(table->events.context, entry, flow_store_rare_of(table, entry),
                             &activity);
    }
    table->listed_count = 0;
    table->epoch++;
}

// What becomes of a slot's flow at `now_us`.
typedef void slot_verdict(struct flow_table *table, uint32_t slot, int64_t now_us);

static void slot_expire(struct flow_table *table, uint32_t slot, int64_t now_us)
{
    struct flow_entry *entry = &table->entries[slot];
    int64_t deadline_us = entry->start_us + flow_deadline(table, entry);
    if (deadline_us < now_us) {
        flow_store_close(table, entry, flow_end_reason(table, entry));
    } else {
        flow_timer_set(&table->timer, slot, deadline_us);
    }
}

static void slot_shut(struct flow_table *table, uint32_t slot, int64_t now_us)
{
    (void)now_us;
    struct flow_entry *entry = &table->entries[slot];
    bool closed = entry->state & FLOW_CLOSED;
    flow_store_close(table, entry, closed ? flow_end_reason(table, entry) : FLOW_END_SHUTDOWN);
}

// Walks over the slots of a block that may be due, fetching entries well ahead and, once those are
// there, the buckets that the flows will be taken out of.
static void sweep_block(struct flow_table *table, uint32_t block, int64_t now_us,
                        slot_verdict *verdict)
{
    uint32_t due[FLOW_TIMER_BLOCK];
    uint32_t count = flow_timer_due(&table->timer, block, now_us, due);
    for (uint32_t i = 0; i < count; i++) {
        if (i + SWEEP_ENTRIES_AHEAD < count) {
            entry_prefetch_whole(&table->entries[due[i + SWEEP_ENTRIES_AHEAD]]);
        }
        if (i + SWEEP_BUCKETS_AHEAD < count) {
            const struct flow_entry *entry = &table->entries[due[i + SWEEP_BUCKETS_AHEAD]];
            __builtin_prefetch(flow_index_first(&table->index, flow_store_hash(table, entry)));
        }
        verdict(table, due[i], now_us);
    }
}

static void sweep(struct flow_table *table, int64_t now_us, slot_verdict *verdict)
{
    for (uint32_t block = 0; block < table->timer.blocks; block++) {
        sweep_block(table, block, now_us, verdict);
    }
}

void flow_table_expire_part(struct flow_table *table, int64_t now_us)
{
    uint32_t blocks = (table->timer.blocks + FLOW_SWEEP_PARTS - 1) / FLOW_SWEEP_PARTS;
    for (uint32_t i = 0; i < blocks; i++) {
        table->next_block = table->next_block + 1 < table->timer.blocks ? table->next_block + 1 : 0;
        sweep_block(table, table->next_block, now_us, slot_expire);
    }
}

void flow_table_expire(struct flow_table *table, int64_t now_us)
{
    sweep(table, now_us, slot_expire);
}

void flow_table_set_back(struct flow_table *table, int64_t us)
{
    for (uint32_t slot = 0; slot < table->timer.slots; slot++) {
        if (table->timer.due[slot] != FLOW_TIMER_NEVER) {
            table->entries[slot].start_us -= us;
        }
    }
    table->timer.origin_us -= us;
}

void flow_table_end_all(struct flow_table *table)
{
    sweep(table, INT64_MAX, slot_shut);
}

const struct flow_table_stats *flow_table_stats(const struct flow_table *table)
{
    return &table->stats;
}
