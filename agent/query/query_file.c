// SPDX-License-Identifier: Apache-2.0
#include "agent/query/query_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MODE = 0644 };

static uint32_t revision_of(const json_t *definition)
{
    json_int_t revision = json_integer_value(json_object_get(definition, "revision"));
    return revision > 0 && revision <= UINT32_MAX ? (uint32_t)revision : 1;
}

// Reads definition `at` of those in a file behind the ones that were read.
static int definition_read(const char *path, const json_t *definitions, size_t at, int64_t pane_us,
                           struct query *queries, struct error *err)
{
    const json_t *definition = json_array_get(definitions, at);
    const char *name = json_string_value(json_object_get(definition, "name"));
    struct error why;
    int code = query_read(&queries[at], definition, pane_us, &why);
    for (size_t i = 0; i < at && code == 0; i++) {
        if (strcmp(queries[i].name, queries[at].name) == 0) {
            code = error_set(&why, -EINVAL, "name: query %zu has the same", i + 1);
        }
    }
    queries[at].revision = revision_of(definition);
    return code == 0 ? 0
                     : error_set(err, code, "%s: query %zu%s%.*s%s: %s", path, at + 1,
                                 name != NULL ? " (" : "", QUERY_NAME_MAX, name != NULL ? name : "",
                                 name != NULL ? ")" : "", why.text);
}

static int definitions_read(const char *path, const json_t *definitions, unsigned max,
                            int64_t pane_us, struct query **queries, size_t *count,
                            struct error *err)
{
    size_t there = json_array_size(definitions);
    if (!json_is_array(definitions)) {
        return error_set(err, -EINVAL, "%s: expected an array of queries", path);
    }
    if (there > max) {
        return error_set(err, -EINVAL, "%s has %zu queries; expected at most %u (query.max)", path,
                         there, max);
    }
    struct query *read = calloc(there + 1, sizeof(*read));
    if (read == NULL) {
        return error_set(err, -ENOMEM, "%s: no memory for the queries", path);
    }
    for (size_t at = 0; at < there; at++) {
        int code = definition_read(path, definitions, at, pane_us, read, err);
        if (code != 0) {
            free(read);
            return code;
        }
    }
    *queries = read;
    *count = there;
    return 0;
}

// A descriptor's; zeroed where it cannot be said.
static struct query_file_seen seen_of(int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return (struct query_file_seen){0};
    }
    return (struct query_file_seen){
        .device = status.st_dev,
        .file = status.st_ino,
        .bytes = status.st_size,
        .changed_ns = status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec,
    };
}

static bool is_as_seen(const char *path, const struct query_file_seen *seen)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    struct query_file_seen now = fd >= 0 ? seen_of(fd) : (struct query_file_seen){0};
    if (fd >= 0) {
        close(fd);
    }
    return now.device == seen->device && now.file == seen->file && now.bytes == seen->bytes &&
           now.changed_ns == seen->changed_ns;
}

int query_file_read(const char *path, unsigned max, int64_t pane_us, struct query **queries,
                    size_t *count, struct query_file_seen *seen, struct error *err)
{
    FILE *file = fopen(path, "re");
    *seen = file != NULL ? seen_of(fileno(file)) : (struct query_file_seen){0};
    if (file == NULL && errno == ENOENT) {
        *queries = NULL;
        *count = 0;
        return 0;
    }
    if (file == NULL) {
        return error_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
    }
    json_error_t wrong;
    errno = 0;
    json_t *definitions = json_loadf(file, JSON_REJECT_DUPLICATES, &wrong);
    int why = errno != 0 ? errno : EIO;
    int code = ferror(file) ? error_set(err, -why, "cannot read %s: %s", path, strerror(why))
               : definitions == NULL
                   ? error_set(err, -EINVAL, "%s:%d: %s", path, wrong.line, wrong.text)
                   : definitions_read(path, definitions, max, pane_us, queries, count, err);
    json_decref(definitions);
    fclose(file);
    return code;
}

static bool octets_write(int fd, const char *octets, size_t count)
{
    while (count > 0) {
        ssize_t written = write(fd, octets, count);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        octets += written > 0 ? written : 0;
        count -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

// errno says what was in the way.
static bool text_write(const char *path, const char *text, struct query_file_seen *made)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    if (fd < 0) {
        return false;
    }
    bool written =
        octets_write(fd, text, strlen(text)) && octets_write(fd, "\n", 1) && fsync(fd) == 0;
    int why = errno;
    *made = seen_of(fd);
    close(fd);
    errno = why;
    return written;
}

// Of the directory that a file is in: its path up to the last slash.
static int directory_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : slash == path ? 1 : (int)(slash - path);
}

// So that the new name survives a power cut, too. Where it cannot be done, the file is in place all
// the same.
static void directory_sync(const char *path)
{
    char directory[PATH_MAX];
    int length = directory_length(path);
    snprintf(directory, sizeof(directory), "%.*s", length > 0 ? length : 1,
             length > 0 ? path : ".");
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

static int trouble(const char *path, struct error *err)
{
    int length = directory_length(path);
    return errno == ENOENT && length > 0
               ? error_set(err, -EIO, "cannot write %s: the directory %.*s is not there", path,
                           length, path)
               : error_set(err, -EIO, "cannot write %s: %s", path, strerror(errno));
}

int query_file_write(const char *path, const json_t *definitions, struct query_file_seen *seen,
                     struct error *err)
{
    char beside[PATH_MAX];
    struct query_file_seen made = {0};
    if (!is_as_seen(path, seen)) {
        return error_set(err, -EIO,
                         "%s was changed since weir read it, by hand or by another weir: restart "
                         "weir to take that over; each sensor needs a query.file of its own",
                         path);
    }
    int length = snprintf(beside, sizeof(beside), "%s.new", path);
    char *text = json_dumps(definitions, JSON_INDENT(1));
    errno = text == NULL ? ENOMEM : ENAMETOOLONG;
    bool written = text != NULL && length < (int)sizeof(beside) && text_write(beside, text, &made);
    free(text);
    if (!written || rename(beside, path) < 0) {
        int code = trouble(path, err);
        unlink(beside);
        return code;
    }
    *seen = made;
    directory_sync(path);
    return 0;
}
