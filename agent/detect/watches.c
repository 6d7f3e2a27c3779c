// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/watches.h"

#include <stddef.h>

const struct watch_ops *const watches[] = {
    // On series of panes.
    // On flows.
    NULL,
};
