// SPDX-License-Identifier: Apache-2.0
// What the process can be asked about itself at any time, for its metrics.
#ifndef WEIR_GAUGES_H
#define WEIR_GAUGES_H

#include "agent/metrics.h"
#include "dataplane/worker/workers.h"
#include "export/exporter.h"

// CPU time by thread; those of one name together. Where the system does not tell, there are none.
void gauges_threads(struct metrics *metrics);

// How full the rings are between workers, agent and exporter.
void gauges_rings(struct metrics *metrics, struct workers *workers, unsigned worker_count,
                  struct exporter *exporter);

#endif
