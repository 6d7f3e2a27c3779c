// SPDX-License-Identifier: Apache-2.0
// A pipe, a terminal, a file that somebody has read a part of: whatever can only be read.
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "dataplane/capture/input_buffer.h"
#include "dataplane/capture/input_kinds.h"

struct stream {
    struct input_buffer buffer;
    int fd;
};

static enum input_status stream_pull(struct input *input, uint8_t *to, size_t size, size_t *made)
{
    struct stream *stream = (struct stream *)input;
    struct pollfd readable = {.fd = stream->fd, .events = POLLIN};
    int ready = poll(&readable, 1, INPUT_WAIT_MS);
    if (ready == 0 || (ready < 0 && errno == EINTR)) {
        return INPUT_WAITING;
    }
    ssize_t got = read(stream->fd, to, size);
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN
                   ? INPUT_WAITING
                   : input_fail(input, "unreadable", "it could not be read: %m");
    }
    *made = (size_t)got;
    return got > 0 ? INPUT_READY : INPUT_END;
}

static void stream_close(struct input *input)
{
    struct stream *stream = (struct stream *)input;
    close(stream->fd);
    input_buffer_fini(&stream->buffer);
    free(stream);
}

static const struct input_ops stream_ops = {input_buffer_fill, stream_close};

struct input *input_stream(int fd)
{
    struct stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL) {
        return NULL;
    }
    if (input_buffer_init(&stream->buffer, &stream_ops, stream_pull) != 0) {
        free(stream);
        return NULL;
    }
    stream->fd = fd;
    return &stream->buffer.input;
}
