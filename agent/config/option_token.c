// SPDX-License-Identifier: Apache-2.0
// A secret that clients show: what is written says where it is, what is stored is the secret.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/option.h"
#include "agent/config/secret.h"

static int token_store(const struct option_row *row, const json_t *value, void *slot,
                       struct option_fault *fault)
{
    (void)row;
    const char *reference = json_string_value(value);
    char **token = slot;
    if (reference == NULL) {
        return -EINVAL;
    }
    if (reference[0] == '\0') {
        *token = strdup("");
        return *token != NULL ? 0 : -ENOMEM;
    }
    return secret_read_token(reference, token, &fault->why);
}

static void token_expect(const struct option_row *row, char *text, size_t size)
{
    (void)row;
    snprintf(text, size, "env:VARIABLE or file:PATH");
}

static void token_release(void *slot)
{
    free(*(char **)slot);
}

const struct option_kind option_token = {
    .size = sizeof(char *),
    .read = json_string,
    .store = token_store,
    .expect = token_expect,
    .release = token_release,
};
