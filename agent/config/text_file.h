// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_CONFIG_TEXT_FILE_H
#define WEIR_CONFIG_TEXT_FILE_H

#include <stddef.h>

#include "dataplane/base/error.h"

// Reads a whole file or pipe of at most `size_max` octets into *text, ended by a NUL beyond *size,
// for the caller to free. 0, or a negative errno (of open and read; -EFBIG) and a message naming
// the file; nothing is set then. May block.
int text_file_read(const char *path, size_t size_max, char **text, size_t *size, struct error *err);

#endif
