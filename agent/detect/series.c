// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/series.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "agent/detect/time_text.h"

enum { BUFFER_BYTES = 65536, FIELDS = 2, SHOWN_CHARS = 40 };

struct series {
    int fd;
    const char *name;
    unsigned long line_number; // of `line`
    bool begun;                // the first line that says something is behind
    bool ended;
    size_t at; // what was not yet read of the buffer
    size_t end;
    char buffer[BUFFER_BYTES];
    char line[SERIES_LINE_MAX + 1];
    size_t line_bytes;
};

struct field {
    char *text; // blanks and quotes taken away, ends with 0
    unsigned column;
};

int series_create(struct series **series, int fd, const char *name)
{
    struct series *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return -ENOMEM;
    }
    made->fd = fd;
    made->name = name;
    *series = made;
    return 0;
}

void series_free(struct series *series)
{
    free(series);
}

bool series_ready(const struct series *series)
{
    return series->ended ||
           memchr(series->buffer + series->at, '\n', series->end - series->at) != NULL;
}

// 1, or 0 at the end, or a negative errno with a message.
static int buffer_fill(struct series *series, struct error *err)
{
    ssize_t bytes;
    do {
        bytes = read(series->fd, series->buffer, sizeof(series->buffer));
    } while (bytes < 0 && errno == EINTR);
    if (bytes < 0) {
        int code = -errno;
        return error_set(err, code, "cannot read %s: %s", series->name, strerror(-code));
    }
    series->at = 0;
    series->end = (size_t)bytes;
    series->ended = bytes == 0;
    return bytes > 0;
}

static int problem(const struct series *series, unsigned column, struct error *err,
                   const char *found, const char *expected)
{
    char shown[SHOWN_CHARS + 1];
    size_t length = 0;
    for (; found[length] != '\0' && length < SHOWN_CHARS; length++) {
        char byte = found[length];
        shown[length] = '?';
        if (byte >= ' ' && byte < 127) {
            shown[length] = byte;
        }
    }
    shown[length] = '\0';
    return error_set(err, -EINVAL, "%s:%lu:%u: found \"%s%s\", expected %s", series->name,
                     series->line_number, column, shown, found[length] != '\0' ? "..." : "",
                     expected);
}

// 1 and the next line in ->line, without its end; 0 at the end; a negative errno with a message.
static int line_read(struct series *series, struct error *err)
{
    series->line_bytes = 0;
    series->line_number++;
    for (;;) {
        if (series->at == series->end) {
            int status = series->ended ? 0 : buffer_fill(series, err);
            if (status <= 0) {
                series->line[series->line_bytes] = '\0';
                return status < 0 ? status : series->line_bytes > 0;
            }
        }
        char byte = series->buffer[series->at++];
        if (byte == '\n') {
            series->line[series->line_bytes] = '\0';
            return 1;
        }
        if (series->line_bytes == SERIES_LINE_MAX) {
            series->line[SERIES_LINE_MAX] = '\0';
            return problem(series, SERIES_LINE_MAX, err, series->line,
                           "a line of at most 4096 octets");
        }
        series->line[series->line_bytes++] = byte == '\0' ? '\x01' : byte; // ends no text early
    }
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

// The field that begins at `from`, of which the first `bytes` octets are its own.
static struct field field_trim(struct series *series, size_t from, size_t bytes)
{
    char *text = series->line + from;
    while (bytes > 0 && is_blank(text[bytes - 1])) {
        bytes--;
    }
    while (bytes > 0 && is_blank(text[0])) {
        text++;
        bytes--;
    }
    if (bytes > 1 && text[0] == '"' && text[bytes - 1] == '"') {
        text++;
        bytes -= 2;
    }
    text[bytes] = '\0';
    return (struct field){text, (unsigned)(text - series->line) + 1};
}

// Cuts the line into its first fields. How many there are, at most FIELDS.
static int line_split(struct series *series, struct field *fields)
{
    static const char mark[] = "\xef\xbb\xbf"; // of UTF-8, at the beginning of a file
    size_t from = 0;
    if (series->line_number == 1 && strncmp(series->line, mark, 3) == 0) {
        from = 3;
    }
    int count = 0;
    bool more = true;
    while (more && count < FIELDS) {
        size_t bytes = strcspn(series->line + from, ",");
        more = series->line[from + bytes] == ',';
        fields[count++] = field_trim(series, from, bytes);
        from += bytes + 1;
    }
    return count;
}

static bool is_nothing(const char *text)
{
    static const char *const words[] = {"", "nan", "-nan", "na", "n/a", "null", "none"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_infinite(const char *text)
{
    text += text[0] == '-' || text[0] == '+';
    return strcasecmp(text, "inf") == 0 || strcasecmp(text, "infinity") == 0;
}

static bool time_read(const char *text, double *time_s)
{
    *time_s = NAN;
    return is_nothing(text) || time_text_read(text, time_s);
}

static bool value_read(const char *text, double *value)
{
    *value = NAN;
    if (is_nothing(text) || is_infinite(text)) {
        return true;
    }
    char *end;
    *value = strtod(text, &end);
    return text[strspn(text, "0123456789+-.eE")] == '\0' && *end == '\0' &&
           fabs(*value) <= DETECT_VALUE_MAX;
}

// 1 and the row; 0: the line is none (nothing in it, or the header); -EINVAL with a message.
static int row_read(struct series *series, struct series_row *row, struct error *err)
{
    struct field fields[FIELDS] = {0};
    int count = line_split(series, fields);
    if (count == 1 && fields[0].text[0] == '\0') {
        return 0;
    }
    bool first = !series->begun;
    series->begun = true;
    if (count < FIELDS) {
        return problem(series, fields[0].column, err, fields[0].text,
                       "a timestamp, a comma and a value");
    }
    bool time_right = time_read(fields[0].text, &row->point.time_s);
    bool value_right = value_read(fields[1].text, &row->point.value);
    if (!time_right && !value_right && first) {
        return 0;
    }
    if (!time_right) {
        return problem(series, fields[0].column, err, fields[0].text,
                       "a timestamp (YYYY-MM-DD HH:MM:SS, ISO 8601 or seconds since the epoch)");
    }
    if (!value_right) {
        return problem(series, fields[1].column, err, fields[1].text,
                       "a number from -1e100 to 1e100, or nothing");
    }
    row->time_text = fields[0].text;
    row->value_text = fields[1].text;
    return 1;
}

int series_next(struct series *series, struct series_row *row, struct error *err)
{
    int status;
    do {
        status = line_read(series, err);
        if (status <= 0) {
            return status;
        }
        status = row_read(series, row, err);
    } while (status == 0);
    return status;
}
