// SPDX-License-Identifier: Apache-2.0
// Any text as a configuration file and as what follows --set. What is taken must be shown as a
// configuration that is taken again; what is refused must be said.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/config_file.h"
#include "agent/config/config_print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void shown_is_taken(const struct config *config)
{
    char *text;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    config_print(config, to);
    fclose(to);
    struct config again;
    struct config_problems problems = {0};
    require(config_init(&again, NULL) == 0);
    require(config_file_parse(&again, "shown", text, size, &problems) == 0);
    config_free(&again);
    free(text);
}

static void set_from_line(struct config *config, const uint8_t *data, size_t size)
{
    char *name = strndup((const char *)data, size);
    char *equals = strchr(name, '=');
    if (equals != NULL) {
        *equals = '\0';
        struct config_problems problems = {0};
        struct config_place place = {.name = "--set"};
        int status = config_set_text(config, place, name, equals + 1, &problems);
        require((status == 0) == (problems.count == 0));
    }
    free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config config;
    struct config_problems problems = {0};
    require(config_init(&config, NULL) == 0);
    int status = config_file_parse(&config, "fuzz", (const char *)data, size, &problems);
    require((status == 0) == (problems.count == 0));
    set_from_line(&config, data, size);
    shown_is_taken(&config);
    config_free(&config);
    return 0;
}
