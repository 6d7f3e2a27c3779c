// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/watches.h"

#include <stddef.h>

const struct watch_ops *const watches[] = {
    // On series of panes.
    // On flows.
    &watch_amplification,
    &watch_flood,
    &watch_scan,
    &watch_peers,
    &watch_flow_flood,
    &watch_newcomers,
    &watch_stranger,
    NULL,
};
