// SPDX-License-Identifier: Apache-2.0
// weir spool show and weir spool send: the spool without a capture. Main thread.
#ifndef WEIR_SPOOL_COMMAND_H
#define WEIR_SPOOL_COMMAND_H

#include "agent/config/command.h"
#include "agent/exit_status.h"

// Prints what is in the spool as JSON.
enum exit_status spool_show(const struct command *command);

// Sends what is in the spool, until it is empty, Kafka takes nothing for export.kafka.timeout, or a
// signal ends it. EXIT_STATUS_FAILED where anything is left.
enum exit_status spool_send(const struct command *command);

#endif
