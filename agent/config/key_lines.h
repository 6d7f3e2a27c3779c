// SPDX-License-Identifier: Apache-2.0
// jansson tells where JSON is malformed, but not where a well-formed value stood.
#ifndef WEIR_CONFIG_KEY_LINES_H
#define WEIR_CONFIG_KEY_LINES_H

#include <stddef.h>

// The line (from 1) of each object key, in the order of the text, which is also the order in which
// jansson walks the objects it made of it. `text` must be JSON that jansson has accepted. An array
// for the caller to free; NULL: no memory.
unsigned *key_lines_find(const char *text, size_t size);

#endif
