// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_CONFIG_CONFIG_PRINT_H
#define WEIR_CONFIG_CONFIG_PRINT_H

#include <stdio.h>

#include "agent/config/config.h"

// Every option as JSON that a configuration file may hold. What goes wrong in writing stays in the
// stream's error indicator; the same below.
void config_print(const struct config *config, FILE *to);

void config_print_defaults(FILE *to);

// The text of docs/CONFIGURATION.md.
void config_print_docs(FILE *to);

#endif
