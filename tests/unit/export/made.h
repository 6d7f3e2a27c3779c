// SPDX-License-Identifier: Apache-2.0
// Records made by code.
#ifndef WEIR_TESTS_EXPORT_MADE_H
#define WEIR_TESTS_EXPORT_MADE_H

#include "export/record/record.h"

// A finished TCP flow over IPv4, with all that such a flow has but its community id.
void made_tcp(struct record *record);

// A window with two protocols on the heap.
void made_window(struct record *record);

// Says that every field of the record's type is known.
void made_know_all(struct record *record);

#endif
