// SPDX-License-Identifier: Apache-2.0
// weir generate: synthetic traffic into a capture file or an interface. Main thread.
#ifndef WEIR_GENERATE_COMMAND_H
#define WEIR_GENERATE_COMMAND_H

#include "agent/config/command.h"
#include "agent/exit_status.h"

// Until the profile's duration is over or a signal asks for an end; the truth is written either
// way.
enum exit_status generate_command(const struct command *command);

#endif
