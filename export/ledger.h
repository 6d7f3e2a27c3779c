// SPDX-License-Identifier: Apache-2.0
// Which records are on their way to which end. A record goes to every sink and is delivered when
// all have taken it; if any dropped it, it is dropped, for the cause of the first that did; else if
// one spooled it, it is spooled.
//
// A record in flight has a name here, a small number that is used again when it is settled: a few
// that stay on their way for hours, while a broker is away, keep no place from those that are
// settled meanwhile. One thread.
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

// NULL and a message without memory.
struct ledger *ledger_create(struct error *err);
void ledger_free(struct ledger *ledger); // NULL is fine

// Whether a record more can be opened. Makes room where there is none: false without memory.
bool ledger_has_room(struct ledger *ledger);

// The name that ledger_open gives to the next record. There must be room.
uint64_t ledger_next(const struct ledger *ledger);

// Expects the record to be settled `times` times, at least once. There must be room.
void ledger_open(struct ledger *ledger, unsigned times);
void ledger_settle(struct ledger *ledger, uint64_t name, enum export_cause cause);

// Whether a sink has dropped the record, which is still open.
bool ledger_is_lost(const struct ledger *ledger, uint64_t name);

const struct ledger_counts *ledger_counts(const struct ledger *ledger);

#endif
