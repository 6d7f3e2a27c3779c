// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_COMPLETION_H
#define WEIR_COMPLETION_H

#include "agent/exit_status.h"

// `weir completion bash`: prints what a shell has to read to complete weir's command line, made
// from the tables of commands and flags.
enum exit_status completion_command(int argc, char *const *argv);

#endif
