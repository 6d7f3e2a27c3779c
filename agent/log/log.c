// SPDX-License-Identifier: Apache-2.0
#include "agent/log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/log/line.h"

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

// What the two formats differ in.
struct syntax {
    void (*begin)(struct line *line, const char *level, const char *room, const char *message);
    void (*key)(struct line *line, const char *key);
    void (*text)(struct line *line, const char *text);
    const char *no_number; // stands for a value that is none
    const char *end;
    const char *end_truncated;
};

static void text_begin(struct line *line, const char *level, const char *room, const char *message)
{
    line_add(line, level);
    line_add(line, " ");
    line_add(line, room);
    line_add(line, ": ");
    line_add_escaped(line, message, "");
}

static void text_key(struct line *line, const char *key)
{
    line_add(line, " ");
    line_add_escaped(line, key, "");
    line_add(line, "=");
}

static void text_value(struct line *line, const char *text)
{
    if (line_is_word(text)) {
        line_add(line, text);
    } else {
        line_add_quoted(line, text);
    }
}

static void json_key(struct line *line, const char *key)
{
    line_add(line, ",");
    line_add_quoted(line, key);
    line_add(line, ":");
}

static void json_begin(struct line *line, const char *level, const char *room, const char *message)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char time[64];
    snprintf(time, sizeof(time), "{\"time_us\":%lld",
             (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    line_add(line, time);
    json_key(line, "level");
    line_add_quoted(line, level);
    json_key(line, "room");
    line_add_quoted(line, room);
    json_key(line, "message");
    line_add_quoted(line, message);
}

static const struct syntax syntaxes[] = {
    [LOG_FORMAT_TEXT] = {text_begin, text_key, text_value, "nan", "\n", " truncated=true\n"},
    [LOG_FORMAT_JSON] = {json_begin, json_key, line_add_quoted, "null", "}\n",
                         ",\"truncated\":true}\n"},
};

static void field_add(struct line *line, const struct syntax *syntax, const struct log_field *field)
{
    char number[64];
    syntax->key(line, field->key);
    switch (field->type) {
    case LOG_TEXT:
        syntax->text(line, field->text != NULL ? field->text : "");
        return;
    case LOG_SIGNED:
        snprintf(number, sizeof(number), "%lld", (long long)field->signed_number);
        break;
    case LOG_UNSIGNED:
        snprintf(number, sizeof(number), "%llu", (unsigned long long)field->unsigned_number);
        break;
    case LOG_REAL:
        snprintf(number, sizeof(number), "%.6g", field->real);
        break;
    }
    bool finite = field->type != LOG_REAL || isfinite(field->real);
    line_add(line, finite ? number : syntax->no_number);
}

void log_write(const struct log *log, enum log_level level, const char *room, const char *message,
               const struct log_field *fields, size_t count)
{
    if (level > log->level) {
        return;
    }
    const struct syntax *syntax = &syntaxes[log->format];
    struct line line = {.used = 0};
    syntax->begin(&line, level_names[level], room, message);
    bool truncated = line.full;
    for (size_t i = 0; i < count; i++) {
        size_t before = line.used;
        line.full = false;
        field_add(&line, syntax, &fields[i]);
        if (line.full) {
            line.used = before;
            truncated = true;
        }
    }
    line_end(&line, truncated ? syntax->end_truncated : syntax->end);
    ssize_t written = write(log->fd, line.text, line.used);
    (void)written; // there is no other place to tell that the log is gone
}

static int file_open(const char *path, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
    return fd >= 0 ? fd
                   : error_set(err, -errno, "log.file '%s' cannot be opened: %s", path,
                               strerror(errno));
}

int log_open(struct log *log, const char *path, struct error *err)
{
    if (path[0] == '\0') {
        return 0;
    }
    int fd = file_open(path, err);
    if (fd >= 0) {
        log->fd = fd;
    }
    return fd >= 0 ? 0 : fd;
}

int log_reopen(const struct log *log, const char *path, struct error *err)
{
    if (path[0] == '\0') {
        return 0;
    }
    int fd = file_open(path, err);
    if (fd < 0) {
        return fd;
    }
    // In one step, so that a thread that writes meanwhile finds either file.
    int code = dup3(fd, log->fd, O_CLOEXEC) >= 0 ? 0 : -errno;
    close(fd);
    return code == 0
               ? 0
               : error_set(err, code, "log.file '%s' cannot be opened: %s", path, strerror(-code));
}

void log_close(struct log *log)
{
    if (log->fd != STDERR_FILENO) {
        close(log->fd);
        log->fd = STDERR_FILENO;
    }
}
