// SPDX-License-Identifier: Apache-2.0
// Secrets are never written into a configuration or onto a command line, where others can read
// them: what is written says where the secret is.
#ifndef WEIR_CONFIG_SECRET_H
#define WEIR_CONFIG_SECRET_H

#include <stdbool.h>

#include "dataplane/base/error.h"

// Whether a property of librdkafka with this name holds a secret.
bool secret_property(const char *name);

// Reads what "env:VARIABLE" or "file:PATH" leads to (of a file without the last newline) into
// *value, for the caller to free. 0, -EINVAL where there is none and -ENOMEM, with a message that
// does not show `reference` unless it is one. May block on the file.
int secret_read(const char *reference, char **value, struct error *err);

// The same of a token, which clients show in a header: 16 to 1000 letters, digits and signs.
// -EINVAL where it is none, too; *token is for the caller to free even then.
int secret_read_token(const char *reference, char **token, struct error *err);

#endif
