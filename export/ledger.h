// SPDX-License-Identifier: Apache-2.0
// Which records are on their way to which end. A record goes to every sink and is delivered when
// all have taken it; if any dropped it, it is dropped, for the cause of the first that did; else if
// one spooled it, it is spooled.
//
// One octet pair for each record in flight, found by the record's sequence number. One thread.
#ifndef WEIR_EXPORT_LEDGER_H
#define WEIR_EXPORT_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

#include "dataplane/base/counter.h"
#include "dataplane/base/error.h"
#include "export/sink/cause.h"

struct ledger;

// Written by the ledger's thread; any thread may read.
struct ledger_counts {
    counter settled[EXPORT_CAUSE_COUNT]; // by enum export_cause; the first is "delivered"
    counter in_flight;
};

// `slots`, a power of two, bounds the records in flight. NULL and a message without memory.
struct ledger *ledger_create(size_t slots, struct error *err);
void ledger_free(struct ledger *ledger); // NULL is fine

// Whether the record `sequence` can be opened: the one `slots` before it has been settled.
bool ledger_has_room(const struct ledger *ledger, uint64_t sequence);

// Expects the record to be settled `times` times. Sequences are opened one after the other.
void ledger_open(struct ledger *ledger, uint64_t sequence, unsigned times);
void ledger_settle(struct ledger *ledger, uint64_t sequence, enum export_cause cause);

// Whether a sink has dropped the record, which is still open.
bool ledger_is_lost(const struct ledger *ledger, uint64_t sequence);

const struct ledger_counts *ledger_counts(const struct ledger *ledger);

#endif
