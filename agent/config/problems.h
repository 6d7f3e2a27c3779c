// SPDX-License-Identifier: Apache-2.0
// What is wrong with a configuration or a command line: all of it is looked for before anything
// starts, so that a person mends it in one go.
#ifndef WEIR_CONFIG_PROBLEMS_H
#define WEIR_CONFIG_PROBLEMS_H

#include <stddef.h>
#include <stdio.h>

#include "dataplane/base/error.h"

enum { CONFIG_PROBLEMS_SHOWN = 10 };

struct config_problems {
    struct error shown[CONFIG_PROBLEMS_SHOWN]; // the first ones
    size_t count;                              // all of them
};

// Where a value was written: a line of a file, or (line 0) a flag of the command line.
struct config_place {
    const char *name;
    unsigned line;
};

// Adds a message, "PLACE: MESSAGE". A place without a name is left out.
void config_problem_add(struct config_problems *problems, struct config_place place,
                        const char *format, ...) __attribute__((format(printf, 3, 4)));

// One line each, "weir: MESSAGE", and how many more there were.
void config_problems_print(const struct config_problems *problems, FILE *to);

#endif
