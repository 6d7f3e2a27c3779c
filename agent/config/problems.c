// SPDX-License-Identifier: Apache-2.0
#include "agent/config/problems.h"

#include <stdarg.h>

void config_problem_add(struct config_problems *problems, struct config_place place,
                        const char *format, ...)
{
    if (problems->count++ >= CONFIG_PROBLEMS_SHOWN) {
        return;
    }
    char message[sizeof(problems->shown->text)];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);

    struct error *shown = &problems->shown[problems->count - 1];
    if (place.name == NULL) {
        error_set(shown, 0, "%s", message);
    } else if (place.line == 0) {
        error_set(shown, 0, "%s: %s", place.name, message);
    } else {
        error_set(shown, 0, "%s:%u: %s", place.name, place.line, message);
    }
}

void config_problems_print(const struct config_problems *problems, FILE *to)
{
    for (size_t i = 0; i < problems->count && i < CONFIG_PROBLEMS_SHOWN; i++) {
        fprintf(to, "weir: %s\n", problems->shown[i].text);
    }
    if (problems->count > CONFIG_PROBLEMS_SHOWN) {
        fprintf(to, "weir: and %zu more like these\n", problems->count - CONFIG_PROBLEMS_SHOWN);
    }
}
