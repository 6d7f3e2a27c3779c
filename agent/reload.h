// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_RELOAD_H
#define WEIR_RELOAD_H

#include "agent/config/command.h"
#include "agent/log/log.h"
#include "export/exporter.h"

// What SIGHUP asks for: opens log.file and the outputs' files anew, and reads the configuration
// file again, if there is one. Options that can change while the agent runs are then as they would
// be at a start; others that differ from those of `command` are named. What goes wrong is logged
// and leaves everything as it was. A new object of the options that were read and took effect,
// name: value; empty where none was. NULL: no memory. Main thread; blocks on files.
struct json_t *reload(const struct command *command, struct log *log, struct exporter *exporter);

// Whether reload_option would take it, with what it would return; changes nothing.
int reload_option_check(const char *name, struct json_t *value, struct error *err);

// Makes one option another while weir runs, until the next reload or the end. 0; -EINVAL (no such
// option, or not such a value) or -EBUSY (it needs a restart) with a message. Main thread.
int reload_option(struct log *log, const char *name, struct json_t *value, struct error *err);

#endif
