// SPDX-License-Identifier: Apache-2.0
// weir devices: what there is to capture from, and how. Main thread.
#ifndef WEIR_DEVICES_COMMAND_H
#define WEIR_DEVICES_COMMAND_H

#include "agent/config/command.h"
#include "agent/exit_status.h"

// Prints it to standard output. Needs no right.
enum exit_status devices_command(const struct command *command);

#endif
