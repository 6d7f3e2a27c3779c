// SPDX-License-Identifier: Apache-2.0
#include "agent/config/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int text_file_read(const char *path, size_t size_max, char **text, size_t *size, struct error *err)
{
    // One more than may be, so that more than may be is noticed.
    char *buffer = malloc(size_max + 1);
    FILE *file = buffer != NULL ? fopen(path, "re") : NULL;
    size_t used = file != NULL ? fread(buffer, 1, size_max + 1, file) : 0;
    int status = 0;
    if (file == NULL || ferror(file)) {
        status = error_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
    } else if (used > size_max) {
        status = error_set(err, -EFBIG, "%s has more than %zu octets", path, size_max);
    }
    if (file != NULL) {
        fclose(file);
    }
    if (status < 0) {
        free(buffer);
        return status;
    }
    buffer[used] = '\0';
    *text = buffer;
    *size = used;
    return 0;
}
