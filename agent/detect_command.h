// SPDX-License-Identifier: Apache-2.0
// weir detect: the anomaly detectors over a series from a file. Main thread.
#ifndef WEIR_DETECT_COMMAND_H
#define WEIR_DETECT_COMMAND_H

#include "agent/config/command.h"
#include "agent/exit_status.h"

// Prints each row of the series with its score and flag, as CSV, as soon as it has been read.
// EXIT_STATUS_FAILED where the series cannot be read to its end; the rows before are printed then.
enum exit_status detect_command(const struct command *command);

#endif
