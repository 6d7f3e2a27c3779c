// SPDX-License-Identifier: Apache-2.0
// From what the dataplane hands over, and what is found out about it, to what is published. Pure:
// no state, any thread. `sampling`: one flow in this many is looked at.
#ifndef WEIR_PUBLISH_FILL_H
#define WEIR_PUBLISH_FILL_H

#include "agent/detect/anomaly.h"
#include "agent/query/query_answer.h"
#include "dataplane/flow/flow_entry.h"
#include "dataplane/window/pane.h"
#include "export/record/record.h"

// Fills a record of type RECORD_FLOW. What the flow does not know stays unknown in the record.
void fill_flow(struct record *record, const struct flow_record *flow, uint32_t sampling);

// Fills a record of type RECORD_WINDOW, whose rows are on the heap: -ENOMEM when they cannot be
// had; the record then lacks them.
int fill_window(struct record *record, const struct pane *pane, uint32_t sampling);

// Fill a record of type RECORD_QUERY or RECORD_ANOMALY, whose texts and rows are copied to the
// heap: -ENOMEM when some cannot be had; the record then lacks those.
int fill_query(struct record *record, const struct query_answer *answer, uint32_t sampling);
int fill_anomaly(struct record *record, const struct anomaly *anomaly, uint32_t sampling);

#endif
