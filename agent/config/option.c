// SPDX-License-Identifier: Apache-2.0
#include "agent/config/option.h"

#include <stdlib.h>
#include <string.h>

#include "agent/config/nearest.h"

const struct option_row *option_find(const char *name, const char **property)
{
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->kind == &option_properties) {
            size_t stem = strlen(row->name) - strlen("NAME");
            if (strncmp(name, row->name, stem) == 0 && name[stem] != '\0' &&
                strlen(name) < OPTION_NAME_MAX) {
                *property = name + stem;
                return row;
            }
        } else if (strcmp(name, row->name) == 0) {
            *property = NULL;
            return row;
        }
    }
    return NULL;
}

bool option_group_exists(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < option_count; i++) {
        if (strncmp(option_rows[i].name, name, length) == 0 && option_rows[i].name[length] == '.') {
            return true;
        }
    }
    return false;
}

const char *option_nearest(const char *name)
{
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < option_count; i++) {
        nearest_consider(&nearest, option_rows[i].name);
    }
    return nearest.name;
}

struct option_quote option_quote(const json_t *value)
{
    struct option_quote quote;
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    int length = snprintf(quote.text, sizeof(quote.text), "%s", text != NULL ? text : "?");
    if (length >= (int)sizeof(quote.text)) {
        // Not in the middle of a UTF-8 sequence.
        size_t cut = sizeof(quote.text) - sizeof("...");
        while (((unsigned char)quote.text[cut] & 0xc0) == 0x80) {
            cut--;
        }
        strcpy(&quote.text[cut], "...");
    }
    free(text);
    return quote;
}
