// SPDX-License-Identifier: Apache-2.0
// For fill_*.c only: what records have on the heap or in common. Pure, any thread.
#ifndef WEIR_PUBLISH_OWNED_H
#define WEIR_PUBLISH_OWNED_H

#include "dataplane/window/pane.h"
#include "export/record/record.h"

// Copies `text` into `*member`, a field of kind FIELD_OWNED, which is known then. 0, or -ENOMEM.
int owned_text(struct record *record, unsigned field, char **member, const char *text);

// What of a pane's losses a record tells.
struct record_loss loss_told(const struct pane_loss *loss);

#endif
