// SPDX-License-Identifier: Apache-2.0
// Lists of words, none empty and none twice. What they mean is for whom they are given to.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/option.h"
#include "dataplane/base/prefix.h"

int option_strings_add(struct config_strings *strings, const char *text)
{
    for (size_t i = 0; i < strings->count; i++) {
        if (strcmp(strings->items[i], text) == 0) {
            return -EINVAL;
        }
    }
    char **items = reallocarray(strings->items, strings->count + 1, sizeof(*items));
    if (items == NULL) {
        return -ENOMEM;
    }
    strings->items = items;
    items[strings->count] = strdup(text);
    return items[strings->count++] != NULL ? 0 : -ENOMEM;
}

void option_strings_release(void *slot)
{
    struct config_strings *strings = slot;
    for (size_t i = 0; i < strings->count; i++) {
        free(strings->items[i]);
    }
    free(strings->items);
}

static int names_add(void *slot, const json_t *item)
{
    const char *text = json_string_value(item);
    return text != NULL && text[0] != '\0' ? option_strings_add(slot, text) : -EINVAL;
}

static int names_store(const struct option_row *row, const json_t *value, void *slot,
                       struct option_fault *fault)
{
    (void)row;
    return option_list_store(value, slot, fault, names_add);
}

static void names_expect(const struct option_row *row, char *text, size_t size)
{
    (void)row;
    snprintf(text, size, "a list of names, none empty and none twice");
}

const struct option_kind option_names = {
    .size = sizeof(struct config_strings),
    .read = option_list_read,
    .store = names_store,
    .expect = names_expect,
    .release = option_strings_release,
};

static int prefixes_store(const struct option_row *row, const json_t *value, void *slot,
                          struct option_fault *fault)
{
    (void)row;
    int status = option_list_store(value, slot, fault, names_add);
    const struct config_strings *prefixes = slot;
    for (size_t i = 0; i < prefixes->count && status == 0; i++) {
        struct prefix prefix;
        status = prefix_read(&prefix, prefixes->items[i], &fault->why);
    }
    return status;
}

static void prefixes_expect(const struct option_row *row, char *text, size_t size)
{
    (void)row;
    snprintf(text, size, "a list of prefixes such as 10.0.0.0/8 or 2001:db8::/32, none twice");
}

const struct option_kind option_prefixes = {
    .size = sizeof(struct config_strings),
    .read = option_list_read,
    .store = prefixes_store,
    .expect = prefixes_expect,
    .release = option_strings_release,
};

// A comma is a part of a device: a command line names one.
static json_t *devices_read(const char *text)
{
    return text[0] != '\0' ? json_pack("[s]", text) : json_array();
}

const struct option_kind option_devices = {
    .size = sizeof(struct config_strings),
    .read = devices_read,
    .store = names_store,
    .expect = names_expect,
    .release = option_strings_release,
};
