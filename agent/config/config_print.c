// SPDX-License-Identifier: Apache-2.0
#include "agent/config/config_print.h"

#include <string.h>

#include "agent/config/option.h"

// Sets the member that a name with dots leads to, in objects within objects.
static void nested_set(json_t *object, const char *name, json_t *value)
{
    const char *dot = strchr(name, '.');
    // What options of any names have in common is the object that holds them.
    if (dot == NULL || strcmp(dot, ".NAME") == 0) {
        json_object_setn(object, name, strcspn(name, "."), value);
        return;
    }
    size_t length = (size_t)(dot - name);
    json_t *group = json_object_getn(object, name, length);
    if (group == NULL) {
        group = json_object();
        json_object_setn_new(object, name, length, group);
    }
    nested_set(group, dot + 1, value);
}

void config_print(const struct config *config, FILE *to)
{
    json_t *shown = json_object();
    for (size_t i = 0; i < option_count; i++) {
        const char *name = option_rows[i].name;
        nested_set(shown, name, json_object_get(config->written, name));
    }
    json_dumpf(shown, to, JSON_INDENT(2));
    fputc('\n', to);
    json_decref(shown);
}

void config_print_defaults(FILE *to)
{
    struct config config;
    if (config_init(&config, NULL) == 0) {
        config_print(&config, to);
        config_free(&config);
    }
}

static const char introduction[] =
    "<!-- Written by `weir config --docs`; change agent/config/option_table.c instead. -->\n"
    "# Configuration\n"
    "\n"
    "`weir COMMAND -c FILE` reads a JSON file; `--set NAME=VALUE` sets one option and wins over "
    "the\n"
    "file. In the file, the dots of a name can be written as nested objects or as they are:\n"
    "\n"
    "```json\n"
    "{\n"
    "  \"workers\": 2,\n"
    "  \"flow\": {\"table\": {\"max_flows\": \"4Mi\"}, \"idle_timeout\": \"15s\"},\n"
    "  \"export.kafka.properties\": {\"linger.ms\": 20, \"sasl.password\": "
    "\"env:KAFKA_PASSWORD\"}\n"
    "}\n"
    "```\n"
    "\n"
    "A duration is a whole number with its unit: `us`, `ms`, `s`, `m` or `h`; a size likewise: "
    "`B`,\n"
    "`kB`, `MB`, `GB`, `TB` or `KiB`, `MiB`, `GiB`, `TiB`. An integer is a\n"
    "number, or a string that ends in `k`, `M`, `G` (thousands) or `Ki`, `Mi`, `Gi` (powers of\n"
    "1024). A list is an array; after `--set` its items are parted by commas, but for\n"
    "`export.outputs`, where it is one item and the flag `-o` can be repeated. What is unknown, "
    "given\n"
    "twice, of the wrong type or out of range is named with its line, and nothing starts.\n"
    "\n"
    "`weir config` shows all options as they are in effect, `weir config --check FILE` checks a\n"
    "file. \"Live\" says whether an option can change while weir runs.\n"
    "\n"
    "| option | accepts | default | live | meaning |\n"
    "|---|---|---|---|---|\n";

void config_print_docs(FILE *to)
{
    fputs(introduction, to);
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        char expected[160];
        row->kind->expect(row, expected, sizeof(expected));
        const char *quote = row->standard[0] != '\0' ? "`" : "";
        fprintf(to, "| `%s` | %s | %s%s%s | %s | %s |\n", row->name, expected, quote,
                row->standard[0] != '\0' ? row->standard : "empty", quote, row->live ? "yes" : "no",
                row->help);
    }
}
