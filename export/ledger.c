// SPDX-License-Identifier: Apache-2.0
#include "export/ledger.h"

#include <errno.h>
#include <stdlib.h>

// More records than librdkafka queues by default.
enum { ROOM_AT_FIRST = 1 << 18 };

struct entry {
    uint8_t expected; // settlements; 0: the entry is free
    uint8_t cause;    // enum export_cause: the first drop, else spooled, else delivered
    uint32_t next;    // of a free entry: the next free one
};

struct ledger {
    struct ledger_counts counts;
    struct entry *entries;
    uint32_t room;
    uint32_t free; // the first free entry; `room` where there is none
};

// Makes room for as many again. False without memory.
static bool grow(struct ledger *ledger)
{
    uint32_t room = ledger->room > 0 ? 2 * ledger->room : ROOM_AT_FIRST;
    struct entry *entries =
        room > ledger->room ? reallocarray(ledger->entries, room, sizeof(*entries)) : NULL;
    if (entries == NULL) {
        return false;
    }
    for (uint32_t i = ledger->room; i < room; i++) {
        entries[i] = (struct entry){.next = i + 1};
    }
    ledger->entries = entries;
    ledger->free = ledger->room;
    ledger->room = room;
    return true;
}

struct ledger *ledger_create(struct error *err)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger));
    if (ledger == NULL || !grow(ledger)) {
        free(ledger);
        error_set(err, -ENOMEM, "no memory to keep account of records in flight");
        return NULL;
    }
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    if (ledger != NULL) {
        free(ledger->entries);
        free(ledger);
    }
}

bool ledger_has_room(struct ledger *ledger)
{
    return ledger->free < ledger->room || grow(ledger);
}

uint64_t ledger_next(const struct ledger *ledger)
{
    return ledger->free;
}

void ledger_open(struct ledger *ledger, unsigned times)
{
    struct entry *entry = &ledger->entries[ledger->free];
    ledger->free = entry->next;
    *entry = (struct entry){.expected = (uint8_t)times, .cause = EXPORT_DELIVERED};
    counter_add(&ledger->counts.in_flight, 1);
}

void ledger_settle(struct ledger *ledger, uint64_t name, enum export_cause cause)
{
    struct entry *entry = &ledger->entries[name];
    if (entry->cause < EXPORT_DROP_FIRST && cause > entry->cause) {
        entry->cause = (uint8_t)cause;
    }
    entry->expected--;
    if (entry->expected == 0) {
        counter_add(&ledger->counts.in_flight, (uint64_t)-1);
        counter_add(&ledger->counts.settled[entry->cause], 1);
        entry->next = ledger->free;
        ledger->free = (uint32_t)name;
    }
}

bool ledger_is_lost(const struct ledger *ledger, uint64_t name)
{
    return ledger->entries[name].cause >= EXPORT_DROP_FIRST;
}

const struct ledger_counts *ledger_counts(const struct ledger *ledger)
{
    return &ledger->counts;
}
