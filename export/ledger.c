// SPDX-License-Identifier: Apache-2.0
#include "export/ledger.h"

#include <errno.h>
#include <stdlib.h>

struct entry {
    uint8_t expected; // settlements; 0: the slot is free
    uint8_t cause;    // enum export_cause: the first drop, else spooled, else delivered
};

struct ledger {
    struct ledger_counts counts;
    size_t mask;
    struct entry entries[];
};

struct ledger *ledger_create(size_t slots, struct error *err)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger) + slots * sizeof(ledger->entries[0]));
    if (ledger == NULL) {
        error_set(err, -ENOMEM, "no memory to keep account of %zu records in flight", slots);
        return NULL;
    }
    ledger->mask = slots - 1;
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    free(ledger);
}

bool ledger_has_room(const struct ledger *ledger, uint64_t sequence)
{
    return ledger->entries[sequence & ledger->mask].expected == 0;
}

void ledger_open(struct ledger *ledger, uint64_t sequence, unsigned times)
{
    ledger->entries[sequence & ledger->mask] =
        (struct entry){.expected = (uint8_t)times, .cause = EXPORT_DELIVERED};
    counter_add(&ledger->counts.in_flight, 1);
}

void ledger_settle(struct ledger *ledger, uint64_t sequence, enum export_cause cause)
{
    struct entry *entry = &ledger->entries[sequence & ledger->mask];
    if (entry->cause < EXPORT_DROP_FIRST && cause > entry->cause) {
        entry->cause = (uint8_t)cause;
    }
    entry->expected--;
    if (entry->expected == 0) {
        counter_add(&ledger->counts.in_flight, (uint64_t)-1);
        counter_add(&ledger->counts.settled[entry->cause], 1);
    }
}

bool ledger_is_lost(const struct ledger *ledger, uint64_t sequence)
{
    return ledger->entries[sequence & ledger->mask].cause >= EXPORT_DROP_FIRST;
}

const struct ledger_counts *ledger_counts(const struct ledger *ledger)
{
    return &ledger->counts;
}
