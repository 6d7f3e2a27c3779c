// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_OVERWRITE_H
#define WEIR_OVERWRITE_H

#include "agent/config/command.h"
#include "dataplane/base/error.h"

// Refuses an output, a summary or a log that is one of the captures, which it would destroy, and
// two of them that are the same file. To be called before any is opened. 0, or -EINVAL and a
// message.
int overwrite_check(const struct command *command, struct error *err);

#endif
