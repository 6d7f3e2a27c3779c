// SPDX-License-Identifier: Apache-2.0
#include "agent/config/secret.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/text_file.h"

enum { SECRET_BYTES_MAX = 64 * 1024, TOKEN_MIN = 16, TOKEN_MAX = 1000 };

// A name with one of these in it is a secret's, also where it is misspelt or yet to be invented...
static const char *const secret_words[] = {"pas", "secret", "key", "oauthbearer.config", "jaas"};

// ...but for those that hold a path.
static const char *const public_names[] = {
    "ssl.key.location",
    "ssl.keystore.location",
    "sasl.kerberos.keytab",
};

bool secret_property(const char *name)
{
    for (size_t i = 0; i < sizeof(public_names) / sizeof(public_names[0]); i++) {
        if (strcmp(name, public_names[i]) == 0) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(secret_words) / sizeof(secret_words[0]); i++) {
        if (strcasestr(name, secret_words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static int read_variable(const char *name, char **value, struct error *err)
{
    const char *found = getenv(name);
    if (found == NULL) {
        return error_set(err, -EINVAL, "the environment variable %s is not set", name);
    }
    *value = strdup(found);
    return *value != NULL ? 0 : error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
}

static int read_path(const char *path, char **value, struct error *err)
{
    size_t size;
    int status = text_file_read(path, SECRET_BYTES_MAX, value, &size, err);
    if (status == 0 && size > 0 && (*value)[size - 1] == '\n') {
        (*value)[size - 1] = '\0';
    }
    return status == 0 || status == -ENOMEM ? status : -EINVAL;
}

int secret_read(const char *reference, char **value, struct error *err)
{
    if (strncmp(reference, "env:", 4) == 0) {
        return read_variable(reference + 4, value, err);
    }
    if (strncmp(reference, "file:", 5) == 0) {
        return read_path(reference + 5, value, err);
    }
    return error_set(err, -EINVAL, "a secret is not written here: give env:VARIABLE or file:PATH");
}

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

int secret_read_token(const char *reference, char **token, struct error *err)
{
    int code = secret_read(reference, token, err);
    return code == 0 ? token_check(*token, err) : code;
}
