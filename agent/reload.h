// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_RELOAD_H
#define WEIR_RELOAD_H

#include "agent/config/command.h"
#include "agent/log/log.h"
#include "export/exporter.h"

// What SIGHUP asks for: opens log.file and the outputs' files anew, and reads the configuration
// file again, if there is one. Options that can change while the agent runs are then as they would
// be at a start; others that differ from those of `command` are named. What goes wrong is logged
// and leaves everything as it was. Main thread; blocks on files.
void reload(const struct command *command, struct log *log, struct exporter *exporter);

#endif
