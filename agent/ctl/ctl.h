// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_CTL_CTL_H
#define WEIR_CTL_CTL_H

#include "agent/exit_status.h"

// `weir ctl`: asks or tells a running weir what the arguments (those behind "ctl") say, and prints
// the answer. Blocks on the network.
enum exit_status ctl_command(int argc, char *const *argv);

#endif
