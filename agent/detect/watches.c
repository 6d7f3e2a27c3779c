// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/watches.h"

#include <stddef.h>

const struct watch_ops *const watches[] = {
    // On series of panes.
    &watch_volume,
    &watch_interface,
    &watch_silence,
    &watch_change,
    &watch_entropy,
    &watch_handshakes,
    &watch_malformed,
    // On flows.
    &watch_amplification,
    &watch_flood,
    &watch_scan,
    &watch_peers,
    &watch_flow_flood,
    &watch_newcomers,
    &watch_stranger,
    &watch_beacon,
    &watch_port,
    &watch_protocol,
    NULL,
};
