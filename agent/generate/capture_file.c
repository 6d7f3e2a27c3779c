// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/generate/egress.h"
#include "agent/generate/frame.h"

enum { BUFFER = 1 << 20, HEADER = 16, US_PER_S = 1000000, SNAP_LENGTH = 262144, ETHERNET = 1 };

struct capture_file {
    struct egress egress;
    const char *path;
    int fd;
    size_t used;
    uint8_t buffer[BUFFER + HEADER + FRAME_MAX];
};

static int flush(struct egress *egress, struct error *err)
{
    struct capture_file *file = (struct capture_file *)egress;
    size_t done = 0;
    while (done < file->used) {
        ssize_t written = write(file->fd, file->buffer + done, file->used - done);
        if (written < 0 && errno != EINTR) {
            int code = -errno;
            return error_set(err, code, "cannot write %s: %s", file->path, strerror(-code));
        }
        done += written > 0 ? (size_t)written : 0;
    }
    file->used = 0;
    return 0;
}

static uint8_t *room(struct egress *egress, struct error *err)
{
    struct capture_file *file = (struct capture_file *)egress;
    if (file->used >= BUFFER && flush(egress, err) != 0) {
        return NULL;
    }
    return file->buffer + file->used + HEADER;
}

static int put(struct egress *egress, unsigned length, int64_t time_us, struct error *err)
{
    struct capture_file *file = (struct capture_file *)egress;
    uint32_t header[4] = {(uint32_t)(time_us / US_PER_S), (uint32_t)(time_us % US_PER_S), length,
                          length};
    (void)err;
    memcpy(file->buffer + file->used, header, sizeof(header));
    file->used += HEADER + length;
    return 0;
}

static void file_close(struct egress *egress)
{
    struct capture_file *file = (struct capture_file *)egress;
    if (file->fd > STDERR_FILENO) {
        close(file->fd);
    }
    free(file);
}

static const struct egress_operations operations = {
    .room = room, .put = put, .flush = flush, .close = file_close};

int egress_file_open(struct egress **egress, const char *path, struct error *err)
{
    bool standard = strcmp(path, "-") == 0;
    struct capture_file *file = malloc(sizeof(*file));
    if (file == NULL) {
        return error_set(err, -ENOMEM, "no memory");
    }
    file->egress = (struct egress){.operations = &operations};
    file->path = standard ? "standard output" : path;
    file->fd =
        standard ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file->fd < 0) {
        int code = -errno;
        free(file);
        return error_set(err, code, "cannot create %s: %s", path, strerror(-code));
    }
    const uint32_t head[] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, SNAP_LENGTH, ETHERNET};
    memcpy(file->buffer, head, sizeof(head));
    file->used = sizeof(head);
    *egress = &file->egress;
    return 0;
}
