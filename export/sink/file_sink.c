// SPDX-License-Identifier: Apache-2.0
// Lines into a file, a pipe or a terminal. The values of a batch already lie one behind the other
// with their line feeds, so a batch is one write(2) and nothing is copied; "delivered" means that
// the kernel took the whole line.
//
// A file never ends in half a line: where a write stops in the middle of one and cannot go on, the
// half is cut off again. A pipe cannot be cut, but whoever reads it is gone then. Each later batch
// tries again, so that records get through once there is room on the disk.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "export/sink/sink_kinds.h"

struct file_sink {
    struct sink sink;
    int fd;
    bool regular;
    bool reopens;     // between this line and the next one
    char *path;       // NULL: standard output
    size_t line_done; // octets of the next message that are out already
};

static int file_open(const char *target, const struct sink_options *options, struct sink **sink,
                     struct error *err)
{
    (void)options;
    if (*target == '\0') {
        return error_set(err, -EINVAL, "sink 'ndjson:': expected a path, or - for standard output");
    }
    bool named = strcmp(target, "-") != 0;
    struct file_sink *file = calloc(1, sizeof(*file));
    if (file == NULL || (named && (file->path = strdup(target)) == NULL)) {
        free(file);
        return error_set(err, -ENOMEM, "sink 'ndjson:%s': no memory", target);
    }
    file->fd = named ? open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : STDOUT_FILENO;
    struct stat status;
    if (file->fd < 0 || fstat(file->fd, &status) != 0) {
        int code = -errno;
        error_set(err, code, "sink 'ndjson:%s': cannot be written: %s", target, strerror(errno));
        if (file->fd > STDOUT_FILENO) {
            close(file->fd);
        }
        free(file->path);
        free(file);
        return code;
    }
    file->regular = S_ISREG(status.st_mode);
    *sink = &file->sink;
    return 0;
}

// Whether the file of the name is another one than that which is written, and a plain one: then it
// may be written instead.
static int file_compare(const struct file_sink *file, int fd)
{
    struct stat new;
    struct stat old;
    if (fstat(fd, &new) != 0 || fstat(file->fd, &old) != 0) {
        return -errno;
    }
    if (!S_ISREG(new.st_mode)) {
        return -EINVAL;
    }
    return new.st_dev != old.st_dev || new.st_ino != old.st_ino;
}

// Goes over to the file of the name where that is due and no line is half out.
static void file_turn(struct file_sink *file)
{
    if (!file->reopens || file->line_done != 0) {
        return;
    }
    file->reopens = false;
    // What is there already was somebody else's wish, so that nothing of it is cut off.
    int fd = open(file->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644);
    int other = fd >= 0 ? file_compare(file, fd) : -errno;
    if (other > 0 && lseek(fd, 0, SEEK_END) >= 0) {
        close(file->fd);
        file->fd = fd;
        return;
    }
    if (other < 0) {
        sink_complain(&file->sink, SINK_COMPLAINT_TROUBLE,
                      "cannot be opened anew: %s; the file that was open is written on",
                      other == -EINVAL ? "no plain file is there" : strerror(-other));
    }
    if (fd >= 0) {
        close(fd);
    }
}

static void file_reopen(struct sink *sink)
{
    struct file_sink *file = (struct file_sink *)sink;
    file->reopens = file->regular && file->path != NULL;
    file_turn(file);
}

// A pipe whose reader rests must not hold the thread: wait a while, then write no more than surely
// fits. Returns how much may be written now.
static size_t file_room(const struct file_sink *file, size_t wanted)
{
    if (file->regular) {
        return wanted;
    }
    struct pollfd ready = {.fd = file->fd, .events = POLLOUT};
    if (poll(&ready, 1, SINK_WAIT_MS) <= 0) {
        return 0;
    }
    return wanted < PIPE_BUF ? wanted : PIPE_BUF;
}

// Takes back the part of a line that has been written. False, with errno, where that failed.
static bool file_cut_line(struct file_sink *file)
{
    if (file->line_done == 0 || !file->regular) {
        file->line_done = 0;
        return true;
    }
    off_t end = lseek(file->fd, 0, SEEK_CUR);
    if (end < 0 || ftruncate(file->fd, end - (off_t)file->line_done) != 0 ||
        lseek(file->fd, end - (off_t)file->line_done, SEEK_SET) < 0) {
        return false;
    }
    file->line_done = 0;
    return true;
}

static void file_fail(struct file_sink *file, const struct sink_message *messages, size_t count,
                      int reason)
{
    for (size_t i = 0; i < count; i++) {
        sink_drop(&file->sink, messages[i].sequence, EXPORT_WRITE_FAILED,
                  "cannot write: %s; records are lost until it can be written again",
                  strerror(reason));
    }
    if (!file_cut_line(file)) {
        sink_complain(&file->sink, SINK_COMPLAINT_LOSS,
                      "cannot cut off half a line: %s; nothing more is written", strerror(errno));
        sink_abandon(&file->sink, EXPORT_WRITE_FAILED);
    }
}

// Settles the messages that `written` more octets complete; returns how many.
static size_t file_advance(struct file_sink *file, const struct sink_message *messages,
                           size_t count, size_t written)
{
    size_t done = 0;
    file->line_done += written;
    while (done < count && file->line_done > messages[done].value_bytes) {
        file->line_done -= messages[done].value_bytes + 1;
        sink_deliver(&file->sink, messages[done].sequence);
        done++;
    }
    return done;
}

static size_t file_write(struct sink *sink, const struct sink_message *messages, size_t count)
{
    struct file_sink *file = (struct file_sink *)sink;
    const struct sink_message *last = &messages[count - 1];
    const char *end = last->value + last->value_bytes + 1;
    size_t done = 0;
    while (done < count) {
        file_turn(file);
        const char *from = messages[done].value + file->line_done;
        size_t bytes = file_room(file, end - from);
        if (bytes == 0) {
            return done;
        }
        ssize_t written = write(file->fd, from, bytes);
        if (written >= 0) {
            done += file_advance(file, messages + done, count - done, written);
        } else if (errno == EAGAIN || errno == EINTR) {
            return done;
        } else {
            file_fail(file, messages + done, count - done, errno);
            return count;
        }
    }
    return done;
}

static void file_abandon(struct sink *sink)
{
    file_cut_line((struct file_sink *)sink);
}

static void file_close(struct sink *sink)
{
    struct file_sink *file = (struct file_sink *)sink;
    if (file->fd != STDOUT_FILENO) {
        close(file->fd);
    }
    free(file->path);
    free(file);
}

const struct sink_operations file_sink_operations = {
    .scheme = "ndjson",
    .takes_json_only = true,
    .open = file_open,
    .write = file_write,
    .reopen = file_reopen,
    .abandon = file_abandon,
    .close = file_close,
};
