// SPDX-License-Identifier: Apache-2.0
#include "dataplane/window/host_table.h"

#include <errno.h>
#include <string.h>

enum {
    SLOT_EMPTY = 0,
    SPARSE = 8, // slots for each host from which clearing them one by one pays
};

int host_table_init(struct host_table *table, uint32_t max, enum memory_pages pages,
                    struct hash_secret secret, struct error *err)
{
    uint32_t slot_count = max * 2;
    uint32_t *slots = memory_map(slot_count * sizeof(*slots), pages, err);
    if (slots == NULL) {
        return -ENOMEM;
    }
    *table =
        (struct host_table){.slots = slots, .slot_count = slot_count, .max = max, .secret = secret};
    return 0;
}

void host_table_fini(struct host_table *table)
{
    memory_unmap(table->slots, table->slot_count * sizeof(*table->slots));
}

struct host *host_table_get(struct host_table *table, struct host *hosts, uint32_t *count,
                            const uint8_t *address, uint32_t ipv6, uint64_t hash)
{
    uint32_t *slot = host_table_seek(table, host_table_slot(table, hash), hash);
    while (*slot != SLOT_EMPTY) {
        struct host *host = &hosts[(*slot & HOST_TABLE_INDEX) - 1];
        if (memcmp(host->address, address, sizeof(host->address)) == 0 && host->ipv6 == ipv6) {
            return host;
        }
        slot = host_table_seek(table, host_table_next(table, slot), hash);
    }
    if (*count == table->max) {
        return NULL;
    }
    struct host *host = &hosts[(*count)++];
    *host = (struct host){.ipv6 = ipv6 & 1};
    memcpy(host->address, address, sizeof(host->address));
    *slot = ((uint32_t)hash & ~HOST_TABLE_INDEX) | *count;
    return host;
}

void host_table_clear(struct host_table *table, const struct host *hosts, uint32_t count)
{
    if (count > table->slot_count / SPARSE) {
        memset(table->slots, 0, table->slot_count * sizeof(*table->slots));
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        // Each host empties the run that begins at its own slot: together they empty all.
        uint64_t hash = host_table_hash(table, hosts[i].address, hosts[i].ipv6);
        uint32_t *slot = host_table_slot(table, hash);
        for (; *slot != SLOT_EMPTY; slot = host_table_next(table, slot)) {
            *slot = SLOT_EMPTY;
        }
    }
}
