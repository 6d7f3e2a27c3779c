// SPDX-License-Identifier: Apache-2.0
// Sinks as the command line and the configuration name them. Only their syntax is known here.
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/option.h"
#include "agent/config/quantity.h"

static bool port_valid(const char *text)
{
    static const struct quantity_unit port[] = {{"", 1}, {NULL, 0}};
    int64_t number = quantity_parse(port, text);
    return number >= 1 && number <= UINT16_MAX;
}

// HOST:PORT, where HOST is a name, an IPv4 address or [an IPv6 address].
static bool broker_valid(const char *text)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || !port_valid(colon + 1)) {
        return false;
    }
    if (text[0] == '[') {
        return text[strspn(text + 1, "0123456789abcdefABCDEF:.%") + 1] == ']' && colon[-1] == ']' &&
               colon - text > 2;
    }
    for (; text < colon; text++) {
        if (!isalnum((unsigned char)*text) && strchr("-._", *text) == NULL) {
            return false;
        }
    }
    return true;
}

static bool brokers_valid(const char *text)
{
    for (;;) {
        char broker[300]; // a host name has 253 letters at most
        size_t length = strcspn(text, ",");
        if (length >= sizeof(broker)) {
            return false;
        }
        memcpy(broker, text, length);
        broker[length] = '\0';
        if (!broker_valid(broker)) {
            return false;
        }
        if (text[length] == '\0') {
            return true;
        }
        text += length + 1;
    }
}

static bool path_valid(const char *text)
{
    return text[0] != '\0';
}

// The first row whose beginning an output has decides on the rest; without a check nothing follows.
static const struct scheme {
    const char *beginning;
    bool (*rest_valid)(const char *rest);
} schemes[] = {
    {"kafka://embedded", NULL},
    {"kafka://", brokers_valid},
    {"ndjson:", path_valid},
    {"null:", NULL},
};

static bool output_valid(const char *text)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        const struct scheme *scheme = &schemes[i];
        size_t length = strlen(scheme->beginning);
        if (strcmp(text, scheme->beginning) == 0 && scheme->rest_valid == NULL) {
            return true;
        }
        if (strncmp(text, scheme->beginning, length) == 0 && scheme->rest_valid != NULL) {
            return scheme->rest_valid(text + length);
        }
    }
    return false;
}

static int outputs_add(void *slot, const json_t *item)
{
    const char *text = json_string_value(item);
    if (text == NULL || !output_valid(text)) {
        return -EINVAL;
    }
    return option_strings_add(slot, text);
}

static int outputs_store(const struct option_row *row, const json_t *value, void *slot,
                         struct option_fault *fault)
{
    (void)row;
    int status = option_list_store(value, slot, fault, outputs_add);
    return status == 0 && json_array_size(value) == 0 ? -EINVAL : status;
}

static void outputs_expect(const struct option_row *row, char *text, size_t size)
{
    (void)row;
    snprintf(text, size,
             "a list of outputs, none twice, each kafka://HOST:PORT[,HOST:PORT], "
             "kafka://embedded, ndjson:PATH, ndjson:- or null:");
}

// A comma parts brokers, not outputs: a command line names several by repeating -o.
static json_t *outputs_read(const char *text)
{
    return json_pack("[s]", text);
}

const struct option_kind option_outputs = {
    .size = sizeof(struct config_strings),
    .read = outputs_read,
    .store = outputs_store,
    .expect = outputs_expect,
    .release = option_strings_release,
};
