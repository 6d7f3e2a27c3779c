// SPDX-License-Identifier: Apache-2.0
// Lines for the operator, as text
//     level room: message key=value key="quoted value"
// or as JSON objects with the members time_us, level, room, message and one for each field.
#ifndef WEIR_LOG_LOG_H
#define WEIR_LOG_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/error.h"

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
};

enum log_format {
    LOG_FORMAT_TEXT,
    LOG_FORMAT_JSON,
};

// Where lines go. Read only while threads log; nothing to release.
struct log {
    int fd;
    enum log_format format;
    enum log_level level; // the least important one that is written
};

// Has the lines go to a file from now on, behind what is in it; it is made where it is missing. ""
// leaves them where they go. 0, or a negative errno with a message and the log as it was.
int log_open(struct log *log, const char *path, struct error *err);

// Opens the file anew, after somebody has moved it away; the same answers. `path` as for log_open.
// No line is lost. May be called while other threads log.
int log_reopen(const struct log *log, const char *path, struct error *err);

// Closes the file of log_open; lines go to standard error from then on.
void log_close(struct log *log);

// A named value. Made by the functions below, gone after the call that they are an argument of.
struct log_field {
    const char *key;
    enum { LOG_TEXT, LOG_SIGNED, LOG_UNSIGNED, LOG_REAL } type;
    union {
        const char *text;
        int64_t signed_number;
        uint64_t unsigned_number;
        double real;
    };
};

static inline struct log_field log_text(const char *key, const char *value)
{
    return (struct log_field){.key = key, .type = LOG_TEXT, .text = value};
}

static inline struct log_field log_signed(const char *key, int64_t value)
{
    return (struct log_field){.key = key, .type = LOG_SIGNED, .signed_number = value};
}

static inline struct log_field log_unsigned(const char *key, uint64_t value)
{
    return (struct log_field){.key = key, .type = LOG_UNSIGNED, .unsigned_number = value};
}

static inline struct log_field log_real(const char *key, double value)
{
    return (struct log_field){.key = key, .type = LOG_REAL, .real = value};
}

// Writes one line with one write(2), so that the lines of threads do not mix; a line that cannot be
// written is lost. Any octets may be in the texts: what is no UTF-8 or cannot be printed is
// replaced or escaped. Fields that do not fit into a line are left out and `truncated` is added.
// Any thread but the workers: it may block.
void log_write(const struct log *log, enum log_level level, const char *room, const char *message,
               const struct log_field *fields, size_t count);

// log_info(log, "capture", "opened", log_text("file", path), log_unsigned("packets", n));
#define log_error(log, room, ...)   LOG_LINE(log, LOG_LEVEL_ERROR, room, __VA_ARGS__, {0})
#define log_warning(log, room, ...) LOG_LINE(log, LOG_LEVEL_WARNING, room, __VA_ARGS__, {0})
#define log_info(log, room, ...)    LOG_LINE(log, LOG_LEVEL_INFO, room, __VA_ARGS__, {0})
#define log_debug(log, room, ...)   LOG_LINE(log, LOG_LEVEL_DEBUG, room, __VA_ARGS__, {0})

// The last element is there for calls without fields, which C17 has no empty array for.
#define LOG_LINE(log, level, room, message, ...)                                                   \
    log_write((log), (level), (room), (message), (const struct log_field[]){__VA_ARGS__},          \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field) - 1)

#endif
