// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/capture/input_kinds.h"

enum input_status input_fail(struct input *input, const char *cause, const char *format, ...)
{
    input->cause = cause;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(input->problem, sizeof(input->problem), format, arguments);
    va_end(arguments);
    return INPUT_FAILED;
}

enum input_status input_await(struct input *input, size_t need)
{
    enum input_status status;
    do {
        status = input_need(input, need);
    } while (status == INPUT_WAITING);
    return status;
}

void input_close(struct input *input)
{
    if (input != NULL) {
        input->ops->close(input);
    }
}

static int descriptor_open(const char *path, const char *name, struct error *err)
{
    int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                    : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return error_set(err, -errno,
                         "cannot open %s: %m; expected a capture file, or - for standard "
                         "input",
                         name);
    }
    return fd;
}

// The octets as they are stored: mapped if they can be.
static int stored_open(struct input **input, const char *path, const char *name, enum input_way way,
                       struct error *err)
{
    int fd = descriptor_open(path, name, err);
    if (fd < 0) {
        return fd;
    }
    struct stat status;
    int code = 0;
    if (fstat(fd, &status) != 0) {
        code = error_set(err, -errno, "cannot open %s: %m", name);
    } else if (S_ISDIR(status.st_mode)) {
        code = error_set(err, -EISDIR, "%s is a directory; expected a capture file", name);
    } else {
        // Standard input may be a file that somebody has read a part of. A file of no size may be
        // one that the kernel makes while it is read.
        bool whole = S_ISREG(status.st_mode) && status.st_size > 0 && lseek(fd, 0, SEEK_CUR) == 0;
        bool mapped = whole && way == INPUT_MAPPED;
        *input = mapped ? input_map(fd, (uint64_t)status.st_size) : NULL;
        if (*input == NULL) { // or it cannot be mapped: not every file system does that
            *input = input_stream(fd);
        }
        code = *input != NULL ? 0 : error_set(err, -errno, "cannot read %s: %m", name);
    }
    if (code != 0) {
        close(fd);
    }
    return code;
}

int input_open(struct input **input, const char *path, const char *name, enum input_way way,
               struct error *err)
{
    struct input *opened = NULL;
    int code = stored_open(&opened, path, name, way, err);
    if (code != 0) {
        return code;
    }
    const struct codec *codec = NULL;
    if (input_await(opened, CODEC_MAGIC_BYTES) == INPUT_READY) {
        codec = codec_of(opened->at);
    }
    if (codec != NULL) {
        struct input *unpacked = input_unpacked(opened, codec);
        if (unpacked == NULL) {
            input_close(opened);
            return error_set(err, -ENOMEM, "no memory to unpack %s", name);
        }
        opened = unpacked;
    }
    *input = opened;
    return 0;
}
