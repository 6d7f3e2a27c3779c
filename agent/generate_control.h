// SPDX-License-Identifier: Apache-2.0
// A drive behind the control API: what clients see of it and what they may change.
#ifndef WEIR_GENERATE_CONTROL_H
#define WEIR_GENERATE_CONTROL_H

#include "agent/control/control.h"
#include "agent/generate/drive.h"

struct generate_control {
    struct drive *drive; // the caller's
    const char *output;  // as it was given
};

// What the control API calls; *context is the caller's and lives as long as the API does.
struct control_generator generate_control_operations(struct generate_control *context);

#endif
