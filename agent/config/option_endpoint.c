// SPDX-License-Identifier: Apache-2.0
// Where a server listens: "127.0.0.1:8471", "none", or nothing, which is for the command to decide;
// and where one can be reached: the same, or "unix:/PATH", or nothing.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/option.h"
#include "dataplane/base/endpoint.h"

static int endpoint_store(const struct option_row *row, const json_t *value, void *slot,
                          struct option_fault *fault)
{
    (void)row;
    (void)fault;
    struct endpoint endpoint;
    const char *text = json_string_value(value);
    if (text == NULL || (text[0] != '\0' && strcmp(text, "none") != 0 &&
                         endpoint_read(&endpoint, text, NULL) != 0)) {
        return -EINVAL;
    }
    *(char **)slot = strdup(text);
    return *(char **)slot != NULL ? 0 : -ENOMEM;
}

static void endpoint_expect(const struct option_row *row, char *text, size_t size)
{
    (void)row;
    snprintf(text, size, "ADDRESS:PORT, such as 127.0.0.1:8471 or [::1]:8471, or none");
}

static void endpoint_release(void *slot)
{
    free(*(char **)slot);
}

const struct option_kind option_endpoint = {
    .size = sizeof(char *),
    .read = json_string,
    .store = endpoint_store,
    .expect = endpoint_expect,
    .release = endpoint_release,
};

static int reach_store(const struct option_row *row, const json_t *value, void *slot,
                       struct option_fault *fault)
{
    (void)row;
    (void)fault;
    struct endpoint endpoint;
    const char *text = json_string_value(value);
    if (text == NULL || (text[0] != '\0' && endpoint_read_any(&endpoint, text, NULL) != 0)) {
        return -EINVAL;
    }
    *(char **)slot = strdup(text);
    return *(char **)slot != NULL ? 0 : -ENOMEM;
}

static void reach_expect(const struct option_row *row, char *text, size_t size)
{
    (void)row;
    snprintf(text, size, "ADDRESS:PORT, such as 127.0.0.1:8472, or unix:/PATH");
}

const struct option_kind option_reach = {
    .size = sizeof(char *),
    .read = json_string,
    .store = reach_store,
    .expect = reach_expect,
    .release = endpoint_release,
};
