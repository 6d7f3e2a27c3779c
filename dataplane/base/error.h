// SPDX-License-Identifier: Apache-2.0
// A message for a person, filled by whoever knows what went wrong, logged by whoever decides.
#ifndef WEIR_BASE_ERROR_H
#define WEIR_BASE_ERROR_H

struct error {
    char text[512];
};

// Writes a formatted message (cut at the buffer's end) and returns `code` unchanged, so that a
// failing function can end with `return error_set(err, -EINVAL, "...")`. `err` may be NULL.
int error_set(struct error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
