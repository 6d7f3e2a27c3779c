// SPDX-License-Identifier: Apache-2.0
// What goes into the program's constants and maps. For xdp_steer*.c only.
#ifndef WEIR_CAPTURE_XDP_STEER_MAPS_H
#define WEIR_CAPTURE_XDP_STEER_MAPS_H

#include "dataplane/capture/xdp_steer.h"

// Before the program is loaded. `settings` holds zeros but for `cpus`; the rest as xdp_steer_open.
// Returns 0, or -EINVAL with a message.
int xdp_steer_settings(struct steer_settings *settings, const struct live_options *options,
                       const unsigned *queues, unsigned count, unsigned total, uint32_t seed,
                       struct error *err);

// After it. The first returns 0, or a negative errno with a message, the second one without.
int xdp_steer_prefixes_put(const struct xdp_steer *steer, const struct live_options *options,
                           struct error *err);
int xdp_steer_counts_map(struct xdp_steer *steer, unsigned total);

#endif
