// SPDX-License-Identifier: Apache-2.0
// From the configuration to what each room asks for: no room sees the whole of it.
#ifndef WEIR_WIRING_H
#define WEIR_WIRING_H

#include "agent/config/config.h"
#include "dataplane/capture/live.h"
#include "dataplane/worker/workers.h"
#include "export/exporter.h"

struct intake;

// `intake` stays the caller's; the answer points into both.
struct workers_options wiring_workers(const struct config *config, const struct intake *intake);

// The names of what live capture is from: interfaces, or devices of DPDK.
const struct config_strings *wiring_interfaces(const struct config *config);

// The answer points into `config`.
struct live_options wiring_live(const struct config *config);

// Addresses in one pane, in one worker and in the sensor as a whole.
uint32_t wiring_max_hosts(const struct config *config);

// The answer points into `config`, *spool and `properties`, which has room for all of them.
struct exporter_config wiring_exporter(const struct config *config, enum sink_pressure pressure,
                                       struct sink_property *properties,
                                       struct sink_spool_options *spool);

#endif
