// SPDX-License-Identifier: Apache-2.0
// All watches on the sensor's traffic, and the anomalies that are open: what watches tell pane
// after pane becomes one anomaly with a begin, updates and an end.
#ifndef WEIR_DETECT_ANOMALIES_H
#define WEIR_DETECT_ANOMALIES_H

#include "agent/detect/watch.h"
#include "dataplane/base/error.h"

struct anomalies;

// 0, or -ENOMEM with a message; *anomalies is untouched then.
int anomalies_create(struct anomalies **anomalies, const struct watch_options *options,
                     struct error *err);
void anomalies_free(struct anomalies *anomalies); // may be NULL

// All for the agent thread. `tell` gets each anomaly that begins, goes on (now and then: see
// anomalies.c) or ends; it dies when the call returns.
typedef void anomaly_teller(void *context, const struct anomaly *anomaly);

void anomalies_flow(struct anomalies *anomalies, const struct pane_flow *flow);
void anomalies_pane(struct anomalies *anomalies, const struct pane *pane, anomaly_teller *tell,
                    void *context);

// The traffic has ended: so does what is open.
void anomalies_end(struct anomalies *anomalies, anomaly_teller *tell, void *context);

#endif
