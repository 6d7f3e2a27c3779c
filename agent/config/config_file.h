// SPDX-License-Identifier: Apache-2.0
// The configuration file: JSON, options named by nested objects ({"flow":{"idle_timeout":"30s"}}),
// by dots ({"flow.idle_timeout":"30s"}), or by both.
#ifndef WEIR_CONFIG_CONFIG_FILE_H
#define WEIR_CONFIG_CONFIG_FILE_H

#include <stddef.h>

#include "agent/config/config.h"

// Sets what the file says; what it does not say stays. 0, or -EINVAL and more in `problems`, each
// with file and line; what was right may have been set then. May block on the file.
int config_file_read(struct config *config, const char *path, struct config_problems *problems);

// The same from text in memory; `path` is what messages call it.
int config_file_parse(struct config *config, const char *path, const char *text, size_t size,
                      struct config_problems *problems);

#endif
