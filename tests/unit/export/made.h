// SPDX-License-Identifier: Apache-2.0
// Records made by code.
#ifndef WEIR_TESTS_EXPORT_MADE_H
#define WEIR_TESTS_EXPORT_MADE_H

#include "export/record/record.h"

// A finished TCP flow over IPv4, with all that such a flow has but its community id.
void made_tcp(struct record *record);

// A window with two protocols on the heap.
void made_window(struct record *record);

// The answer of a query by bytes over addresses that has a filter, not exact, all fields known; its
// rows have names as long as any subject's.
void made_query(struct record *record, unsigned rows);

// A scan with two contributors.
void made_anomaly(struct record *record);

// Says that every field of the record's type is known.
void made_know_all(struct record *record);

#endif
