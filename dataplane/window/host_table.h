// SPDX-License-Identifier: Apache-2.0
// Addresses, each once, with what was counted for them: densely in the order of their coming, and
// found through an open-addressed table of indices that is never more than half full. Eight bits of
// the hash beside the index spare the look at most hosts that are not the one.
#ifndef WEIR_WINDOW_HOST_TABLE_H
#define WEIR_WINDOW_HOST_TABLE_H

#include <assert.h>
#include <stdint.h>

#include "dataplane/base/hash.h"
#include "dataplane/base/memory.h"

enum { HOST_TABLE_INDEX_BITS = 24, HOST_TABLE_MAX = (1 << HOST_TABLE_INDEX_BITS) - 1 };
#define HOST_TABLE_INDEX ((UINT32_C(1) << HOST_TABLE_INDEX_BITS) - 1)

// An address in its two roles.
struct host {
    uint8_t address[16]; // IPv4 in the first four octets, the rest zero
    uint64_t ipv6 : 1;
    uint64_t source_packets : 63; // of flows whose source it is, in both directions
    uint64_t destination_packets; // of flows whose destination it is
};
static_assert(sizeof(struct host) == 32, "two to a cache line");

struct host_table {
    uint32_t *slots; // HOST_TABLE_INDEX: index + 1 of a host; above it: bits of its hash; 0: empty
    uint32_t slot_count;
    uint32_t max;
    struct hash_secret secret;
};

// Room for `max` hosts, at most HOST_TABLE_MAX. 0 or a negative errno with a message.
int host_table_init(struct host_table *table, uint32_t max, enum memory_pages pages,
                    struct hash_secret secret, struct error *err);
void host_table_fini(struct host_table *table);

static inline uint64_t host_table_hash(const struct host_table *table, const uint8_t *address,
                                       uint32_t ipv6)
{
    struct hash_secret secret = {table->secret.seed + ipv6, table->secret.more};
    return hash_bytes(address, 16, secret);
}

static inline uint32_t *host_table_slot(const struct host_table *table, uint64_t hash)
{
    return &table->slots[hash_range(hash, table->slot_count)];
}

static inline uint32_t *host_table_next(const struct host_table *table, uint32_t *slot)
{
    return slot + 1 < table->slots + table->slot_count ? slot + 1 : table->slots;
}

// From `slot` on, the first one that can be of the hash: of its tag, or empty.
static inline uint32_t *host_table_seek(const struct host_table *table, uint32_t *slot,
                                        uint64_t hash)
{
    uint32_t tag = (uint32_t)hash & ~HOST_TABLE_INDEX;
    while (*slot != 0 && (*slot & ~HOST_TABLE_INDEX) != tag) {
        slot = host_table_next(table, slot);
    }
    return slot;
}

// The index of the host that a look for a hash is likely to find, to fetch it early; `max` or more
// where there is none.
static inline uint32_t host_table_guess(const struct host_table *table, uint64_t hash)
{
    return (*host_table_seek(table, host_table_slot(table, hash), hash) & HOST_TABLE_INDEX) - 1;
}

// The host of an address among `hosts` (room for `max`), made with zero counts where it is new;
// NULL when it is new and the table is full.
struct host *host_table_get(struct host_table *table, struct host *hosts, uint32_t *count,
                            const uint8_t *address, uint32_t ipv6, uint64_t hash);

// Forgets all of `hosts`.
void host_table_clear(struct host_table *table, const struct host *hosts, uint32_t count);

#endif
