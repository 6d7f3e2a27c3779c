// SPDX-License-Identifier: Apache-2.0
// From what the dataplane hands over to what is published. Pure: no state, any thread. `sampling`:
// one flow in this many is looked at.
#ifndef WEIR_PUBLISH_FILL_H
#define WEIR_PUBLISH_FILL_H

#include "dataplane/flow/flow_entry.h"
#include "dataplane/window/pane.h"
#include "export/record/record.h"

// Fills a record of type RECORD_FLOW. What the flow does not know stays unknown in the record.
void fill_flow(struct record *record, const struct flow_record *flow, uint32_t sampling);

// Fills a record of type RECORD_WINDOW, whose rows are on the heap: -ENOMEM when they cannot be
// had; the record then lacks them.
int fill_window(struct record *record, const struct pane *pane, uint32_t sampling);

#endif
