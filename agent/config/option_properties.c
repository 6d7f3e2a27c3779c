// SPDX-License-Identifier: Apache-2.0
// An object of any names, whose values are passed on as text.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/option.h"
#include "agent/config/secret.h"

// The text of a scalar for the caller to free. NULL: none, or no memory.
static char *scalar_text(const json_t *value)
{
    if (json_is_string(value)) {
        return strdup(json_string_value(value));
    }
    if (json_is_integer(value) || json_is_real(value) || json_is_boolean(value)) {
        return json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    }
    return NULL;
}

static int property_fill(struct config_property *property, const char *name, const json_t *value,
                         struct option_fault *fault)
{
    property->name = strdup(name);
    if (!secret_property(name)) {
        property->value = scalar_text(value);
        return property->value != NULL ? 0 : -EINVAL;
    }
    // A number or an object is not a reference either; the message must not show it.
    const char *reference = json_is_string(value) ? json_string_value(value) : "";
    return secret_read(reference, &property->value, &fault->why);
}

static int properties_store(const struct option_row *row, const json_t *value, void *slot,
                            struct option_fault *fault)
{
    (void)row;
    struct config_properties *properties = slot;
    // One more than needed: calloc(0) may be NULL.
    properties->items = calloc(json_object_size(value) + 1, sizeof(*properties->items));
    if (properties->items == NULL) {
        return -ENOMEM;
    }
    const char *name;
    json_t *item;
    json_object_foreach((json_t *)value, name, item)
    {
        fault->got = item;
        struct config_property *property = &properties->items[properties->count++];
        int status = property_fill(property, name, item, fault);
        if (status < 0 || property->name == NULL) {
            return status < 0 ? status : -ENOMEM;
        }
    }
    return 0;
}

static void properties_expect(const struct option_row *row, char *text, size_t size)
{
    (void)row;
    snprintf(text, size, "a string, a number, true or false");
}

static void properties_release(void *slot)
{
    struct config_properties *properties = slot;
    for (size_t i = 0; i < properties->count; i++) {
        free(properties->items[i].name);
        free(properties->items[i].value);
    }
    free(properties->items);
}

const struct option_kind option_properties = {
    .size = sizeof(struct config_properties),
    .read = json_string,
    .store = properties_store,
    .expect = properties_expect,
    .release = properties_release,
};
