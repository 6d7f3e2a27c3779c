// SPDX-License-Identifier: Apache-2.0
#include "agent/overwrite.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Whether there is a regular file at the path (`-`: behind the standard descriptor). What is no
// file (a pipe, a terminal, /dev/null) does no harm when it is opened twice.
static bool file_stat(const char *path, int standard, struct stat *status)
{
    int found = strcmp(path, "-") == 0 ? fstat(standard, status) : stat(path, status);
    return found == 0 && S_ISREG(status->st_mode);
}

static bool is_same(const char *written, const struct stat *file)
{
    struct stat status;
    return file_stat(written, STDOUT_FILENO, &status) && status.st_dev == file->st_dev &&
           status.st_ino == file->st_ino;
}

static int captures_check(const struct command *command, const char *written, struct error *err)
{
    for (size_t i = 0; i < command->file_count; i++) {
        struct stat file;
        if (file_stat(command->files[i], STDIN_FILENO, &file) && is_same(written, &file)) {
            return error_set(err, -EINVAL,
                             "%s is a capture to be read; give another path to write to", written);
        }
    }
    return 0;
}

// The path of an output that is a file, or NULL.
static const char *output_path(const char *output)
{
    static const char scheme[] = "ndjson:";
    size_t length = sizeof(scheme) - 1;
    return strncmp(output, scheme, length) == 0 ? output + length : NULL;
}

// Whether `own`, the file that `what` names, is one that is written to anyway.
static int own_check(const char *what, const char *own, const char *written, struct error *err)
{
    struct stat file;
    bool same = strcmp(own, written) == 0 ||
                (file_stat(own, STDOUT_FILENO, &file) && is_same(written, &file));
    return same ? error_set(err, -EINVAL, "%s: %s is written to already; give another path", what,
                            written)
                : 0;
}

int overwrite_check(const struct command *command, struct error *err)
{
    const char *summary = command->summary_path;
    const char *log = command->config.log.file[0] != '\0' ? command->config.log.file : NULL;
    int code = summary != NULL ? captures_check(command, summary, err) : 0;
    if (code == 0 && log != NULL) {
        code = captures_check(command, log, err);
    }
    if (code == 0 && log != NULL && summary != NULL) {
        code = own_check("log.file", log, summary, err);
    }
    for (size_t i = 0; i < command->config.export.outputs.count && code == 0; i++) {
        const char *written = output_path(command->config.export.outputs.items[i]);
        if (written == NULL) {
            continue;
        }
        code = captures_check(command, written, err);
        if (code == 0 && summary != NULL) {
            code = own_check("--summary", summary, written, err);
        }
        if (code == 0 && log != NULL) {
            code = own_check("log.file", log, written, err);
        }
    }
    return code;
}
