// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_OVERWRITE_H
#define WEIR_OVERWRITE_H

#include "agent/config/command.h"
#include "dataplane/base/error.h"

// Refuses an output or a summary that is one of the captures, which opening it would destroy, and a
// summary that is one of the outputs. To be called before any is opened. 0, or -EINVAL and a
// message.
int overwrite_check(const struct command *command, struct error *err);

#endif
