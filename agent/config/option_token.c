// SPDX-License-Identifier: Apache-2.0
// A secret that clients show: what is written says where it is, what is stored is the secret.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/option.h"
#include "agent/config/secret.h"

enum { TOKEN_MIN = 16, TOKEN_MAX = 1000 };

// It must fit into a header, and not be guessed.
static int token_check(const char *token, struct error *why)
{
    size_t length = strlen(token);
    for (size_t i = 0; i < length; i++) {
        if (token[i] <= ' ' || token[i] > '~') {
            return error_set(why, -EINVAL,
                             "expected letters, digits and signs without blanks; the octet at %zu "
                             "is none of them",
                             i + 1);
        }
    }
    if (length < TOKEN_MIN || length > TOKEN_MAX) {
        return error_set(why, -EINVAL, "expected a token of %d to %d characters; it has %zu",
                         TOKEN_MIN, TOKEN_MAX, length);
    }
    return 0;
}

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
    int code = secret_read(reference, token, &fault->why);
    return code == 0 ? token_check(*token, &fault->why) : code;
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
