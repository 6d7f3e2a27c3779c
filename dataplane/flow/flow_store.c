// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow/flow_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/flow/flow_expiry.h"

enum {
    // Active flows that can be listed before they are reported in between. Hot flows are listed
    // anew
    // after that, so that a short list costs folds; a long one costs memory.
    LISTED_MIN = 1 << 16,
    LISTED_SHARE = 5, // flows in the table for each
    // Buckets searched for a flow to evict when the table is full but the key's own are empty.
    EVICTION_SEARCH = 1024,
    EVICTION_CHOICE = 8,        // those looked at for a better victim than the first
    EVICTION_QUIET_US = 300000, // most answers come sooner
};

// No packet's key has it: the scope of an entry that is free.
#define SCOPE_FREE UINT64_MAX

int flow_table_create(struct flow_table **table, const struct flow_options *options,
                      const struct flow_events *events, struct error *err)
{
    struct flow_table *new = calloc(1, sizeof(*new));
    if (new == NULL) {
        return error_set(err, -ENOMEM, "no memory for a flow table");
    }
    new->options = *options;
    new->events = *events;
    new->idle_us = options->idle_timeout_us;
    new->active_us = options->active_timeout_us;
    new->linger_us = options->tcp_linger_us;
    new->epoch = 1;
    uint32_t share = options->max_flows / LISTED_SHARE;
    new->listed_max = share > LISTED_MIN ? share : LISTED_MIN;
    application_ports_init(&new->ports);
    enum memory_pages pages = options->pages;
    new->entries = memory_map(options->max_flows * sizeof(*new->entries), pages, err);
    new->rare = memory_map(options->max_rare * sizeof(*new->rare), pages, err);
    new->listed = memory_map(new->listed_max * sizeof(*new->listed), pages, err);
    if (new->entries == NULL || new->rare == NULL || new->listed == NULL ||
        flow_index_init(&new->index, options->max_flows, pages, err) != 0 ||
        flow_timer_init(&new->timer, options->max_flows, pages, err) != 0 ||
        flow_pool_init(&new->slots, options->max_flows, pages, err) != 0 ||
        flow_pool_init(&new->rare_pool, options->max_rare, pages, err) != 0) {
        flow_table_free(new);
        return -ENOMEM;
    }
    *table = new;
    return 0;
}

void flow_table_free(struct flow_table *table)
{
    if (table == NULL) {
        return;
    }
    flow_pool_fini(&table->rare_pool);
    flow_pool_fini(&table->slots);
    flow_timer_fini(&table->timer);
    flow_index_fini(&table->index);
    memory_unmap(table->listed, table->listed_max * sizeof(*table->listed));
    memory_unmap(table->rare, table->options.max_rare * sizeof(*table->rare));
    memory_unmap(table->entries, table->options.max_flows * sizeof(*table->entries));
    free(table);
}

static struct flow_entry *bucket_find(struct flow_table *table, const struct flow_bucket *bucket,
                                      const struct flow_key *key, uint64_t hash)
{
    for (unsigned match = flow_bucket_match(bucket, hash); match != 0; match &= match - 1) {
        struct flow_entry *entry = &table->entries[bucket->slot[__builtin_ctz(match)]];
        if (flow_key_equal(&entry->key, key)) {
            return entry;
        }
    }
    return NULL;
}

struct flow_entry *flow_store_find(struct flow_table *table, const struct flow_key *key,
                                   uint64_t hash)
{
    const struct flow_bucket *first = flow_index_first(&table->index, hash);
    struct flow_entry *entry = bucket_find(table, first, key, hash);
    if (entry == NULL && first->strays != 0) {
        entry = bucket_find(table, flow_index_second(&table->index, hash), key, hash);
    }
    return entry;
}

static bool is_slighter_or_older(const struct flow_entry *one, const struct flow_entry *other)
{
    bool slight = flow_is_slight(one);
    return slight != flow_is_slight(other)
               ? slight
               : one->start_us + one->last_us < other->start_us + other->last_us;
}

// The flow of a bucket that has been quiet for longest, slight ones before all others: a flood of
// made-up sources must not push out those who talk.
static struct flow_entry *bucket_victim(struct flow_table *table, const struct flow_bucket *bucket)
{
    struct flow_entry *victim = NULL;
    for (unsigned used = bucket->used; used != 0; used &= used - 1) {
        struct flow_entry *entry = &table->entries[bucket->slot[__builtin_ctz(used)]];
        if (victim == NULL || is_slighter_or_older(entry, victim)) {
            victim = entry;
        }
    }
    return victim;
}

// Whether nobody will miss the flow: its answer would have come by now.
static bool is_spent(const struct flow_entry *entry, int64_t now_us)
{
    return flow_is_slight(entry) && now_us - entry->start_us - entry->last_us > EVICTION_QUIET_US;
}

// Makes room at `now_us`: the first bucket from the key's own on that holds a spent flow gives it,
// or else the best that `choice` buckets have; of one bucket alone, the key's insertion succeeds.
static void evict_one(struct flow_table *table, uint64_t hash, int64_t now_us, unsigned choice)
{
    const struct flow_bucket *bucket = flow_index_first(&table->index, hash);
    const struct flow_bucket *end = table->index.buckets + table->index.bucket_count;
    struct flow_entry *victim = NULL;
    for (unsigned i = 0; i < EVICTION_SEARCH && (victim == NULL || i < choice); i++) {
        struct flow_entry *candidate = bucket_victim(table, bucket);
        if (candidate != NULL && (victim == NULL || is_slighter_or_older(candidate, victim))) {
            victim = candidate;
        }
        if (victim != NULL && is_spent(victim, now_us)) {
            break;
        }
        bucket = bucket + 1 < end ? bucket + 1 : table->index.buckets;
    }
    assert(victim != NULL && "a full table has flows nearby");
    table->stats.evicted++;
    flow_store_close(table, victim, FLOW_END_EVICTED);
}

static uint32_t slot_take(struct flow_table *table, uint64_t hash, int64_t now_us)
{
    uint32_t slot = flow_pool_take(&table->slots);
    if (slot == FLOW_POOL_EMPTY) {
        evict_one(table, hash, now_us, EVICTION_CHOICE);
        slot = flow_pool_take(&table->slots);
    }
    if (!flow_index_insert(&table->index, hash, slot)) {
        evict_one(table, hash, now_us, 1);
        flow_index_insert(&table->index, hash, slot);
    }
    return slot;
}

static void entry_init(struct flow_table *table, struct flow_entry *entry,
                       const struct facts *facts)
{
    memset(entry, 0, sizeof(*entry));
    entry->key = facts->key;
    entry->start_us = facts->time_us;
    entry->epoch = table->epoch - 1;
    entry->rare = FLOW_NO_RARE;
    entry->state = facts->direction ? FLOW_SOURCE : 0;
    entry->application =
        application_find(&table->ports, (uint8_t)facts->key.vni_protocol, facts->key.port);
    if (facts->flags & FACTS_MAC) {
        entry->has_mac = 1;
        memcpy(entry->mac[facts->direction], facts->source_mac, sizeof(entry->mac[0]));
        memcpy(entry->mac[!facts->direction], facts->destination_mac, sizeof(entry->mac[0]));
    }
}

struct flow_entry *flow_store_open(struct flow_table *table, const struct facts *facts)
{
    if (!table->timer.started) {
        table->timer.started = true;
        table->timer.origin_us = facts->time_us;
    }
    uint32_t slot = slot_take(table, facts->hash, facts->time_us);
    struct flow_entry *entry = &table->entries[slot];
    entry_init(table, entry, facts);
    flow_timer_set(&table->timer, slot, entry->start_us + flow_deadline(table, entry));
    table->stats.started++;
    return entry;
}

// Reports what a listed flow did before its entry goes, and takes it off the list.
static void entry_unlist(struct flow_table *table, struct flow_entry *entry)
{
    if (entry->epoch == table->epoch) {
        struct flow_listed *listed = &table->listed[entry->activity];
        struct flow_activity activity;
        flow_store_activity(entry, listed, &activity);
        listed->slot = FLOW_NO_SLOT;
        table->events.active(table->events.context, entry, flow_store_rare_of(table, entry),
                             &activity);
    }
}

void flow_store_close(struct flow_table *table, struct flow_entry *entry, enum flow_end end)
{
    entry_unlist(table, entry);
    const struct flow_rare *rare = flow_store_rare_of(table, entry);
    if (rare != NULL) {
        flow_pool_give(&table->rare_pool, entry->rare);
    }
    table->stats.ended++;
    table->stats.ended_packets += (uint64_t)entry->side[0].packets + entry->side[1].packets;
    table->events.ended(table->events.context, entry, rare, end);

    uint32_t slot = flow_store_slot(table, entry);
    flow_index_remove(&table->index, flow_store_hash(table, entry), slot);
    flow_timer_clear(&table->timer, slot);
    flow_pool_give(&table->slots, slot);
    entry->key.scope = SCOPE_FREE;
}

void flow_store_list(struct flow_table *table, struct flow_entry *entry)
{
    if (table->listed_count == table->listed_max) {
        flow_table_fold(table);
    }
    entry->epoch = table->epoch;
    entry->activity = table->listed_count;
    table->listed[table->listed_count++] = (struct flow_listed){
        .slot = flow_store_slot(table, entry),
        .packets = entry->side[0].packets + entry->side[1].packets,
        .bytes = entry->side[0].bytes + entry->side[1].bytes,
        .wire_bytes = entry->side[0].wire_bytes + entry->side[1].wire_bytes,
    };
}
