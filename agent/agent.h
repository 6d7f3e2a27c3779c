// SPDX-License-Identifier: Apache-2.0
// Wires the rooms and owns the order of start and stop.
#ifndef WEIR_AGENT_H
#define WEIR_AGENT_H

#include "agent/config/command.h"
#include "agent/exit_status.h"

// Replays the command's captures until all is exported, or captures live, until SIGINT or SIGTERM.
// Logs what goes wrong. Main thread; once in a process.
enum exit_status agent_work(const struct command *command);

#endif
