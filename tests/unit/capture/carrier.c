// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/capture/carrier.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { PIPE_BYTES = 1 << 20 };

static void check(bool holds)
{
    if (!holds) {
        perror("carrier");
        abort();
    }
}

static void gzip_pack_member(const uint8_t *data, size_t size, struct bytes *packed)
{
    z_stream stream = {0};
    check(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    size_t room = deflateBound(&stream, size);
    uint8_t *out = malloc(room);
    check(out != NULL);
    stream.next_in = (uint8_t *)data;
    stream.avail_in = (unsigned)size;
    stream.next_out = out;
    stream.avail_out = (unsigned)room;
    check(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    bytes_put(packed, out, stream.total_out);
    deflateEnd(&stream);
    free(out);
}

void gzip_pack(const struct bytes *plain, struct bytes *packed)
{
    size_t half = plain->size / 2;
    gzip_pack_member(plain->data, half, packed);
    gzip_pack_member(plain->data + half, plain->size - half, packed);
}

static void zstd_pack_frame(const uint8_t *data, size_t size, struct bytes *packed)
{
    size_t room = ZSTD_compressBound(size);
    uint8_t *out = malloc(room);
    check(out != NULL);
    size_t made = ZSTD_compress(out, room, data, size, 3);
    check(!ZSTD_isError(made));
    bytes_put(packed, out, made);
    free(out);
}

void zstd_pack(const struct bytes *plain, struct bytes *packed)
{
    size_t half = plain->size / 2;
    zstd_pack_frame(plain->data, half, packed);
    zstd_pack_frame(plain->data + half, plain->size - half, packed);
}

// What a descriptor stands for has a path, as a shell's <(...) uses it.
static void descriptor_path(int fd, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "/proc/self/fd/%d", fd);
}

static int descriptor_open(int fd, struct capture **capture, struct error *err)
{
    char path[PATH_BYTES];
    descriptor_path(fd, path);
    const char *paths[] = {path};
    int code = capture_open_files(capture, paths, 1, 0, err);
    close(fd);
    return code;
}

int file_of(const struct bytes *stored, char path[PATH_BYTES])
{
    int fd = memfd_create("capture", MFD_CLOEXEC);
    check(fd >= 0 && write(fd, stored->data, stored->size) == (ssize_t)stored->size);
    descriptor_path(fd, path);
    return fd;
}

int file_carry(const struct bytes *stored, struct capture **capture, struct error *err)
{
    char path[PATH_BYTES];
    return descriptor_open(file_of(stored, path), capture, err);
}

// The read end of a pipe that holds the octets and their end.
static int filled_pipe(const struct bytes *stored)
{
    int ends[2];
    check(pipe2(ends, O_CLOEXEC) == 0 && fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) >= 0);
    check(write(ends[1], stored->data, stored->size) == (ssize_t)stored->size);
    close(ends[1]);
    return ends[0];
}

int pipe_carry(const struct bytes *stored, struct capture **capture, struct error *err)
{
    return descriptor_open(filled_pipe(stored), capture, err);
}

// Has `fd`, which it closes, be standard input while a capture is opened.
static int standard_input_open(int fd, struct capture **capture, struct error *err)
{
    int kept = dup(STDIN_FILENO);
    check(kept >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    close(fd);
    const char *paths[] = {"-"};
    int code = capture_open_files(capture, paths, 1, 0, err);
    check(dup2(kept, STDIN_FILENO) == STDIN_FILENO);
    close(kept);
    return code;
}

static int standard_input_carry(const struct bytes *stored, struct capture **capture,
                                struct error *err)
{
    return standard_input_open(filled_pipe(stored), capture, err);
}

// A file of which somebody has read the first octets, as a shell's `read` does.
static int rest_of_file_carry(const struct bytes *stored, struct capture **capture,
                              struct error *err)
{
    struct bytes whole = {0};
    bytes_put(&whole, "read\n", 5);
    bytes_put(&whole, stored->data, stored->size);
    char path[PATH_BYTES];
    int fd = file_of(&whole, path);
    bytes_free(&whole);
    check(lseek(fd, 5, SEEK_SET) == 5);
    return standard_input_open(fd, capture, err);
}

const struct carrier carriers[] = {
    {"a file", "/proc/self/fd/", NULL, file_carry},
    {"a pipe", "/proc/self/fd/", NULL, pipe_carry},
    {"standard input", "standard input", NULL, standard_input_carry},
    {"the rest of a file", "standard input", NULL, rest_of_file_carry},
    {"gzip", "/proc/self/fd/", gzip_pack, file_carry},
    {"gzip in a pipe", "/proc/self/fd/", gzip_pack, pipe_carry},
    {"zstd", "/proc/self/fd/", zstd_pack, file_carry},
    {"zstd on standard input", "standard input", zstd_pack, standard_input_carry},
};
const size_t carrier_count = sizeof(carriers) / sizeof(carriers[0]);

int carrier_open(const struct carrier *carrier, const struct bytes *plain, struct capture **capture,
                 struct error *err)
{
    if (carrier->pack == NULL) {
        return carrier->open(plain, capture, err);
    }
    struct bytes packed = {0};
    carrier->pack(plain, &packed);
    int code = carrier->open(&packed, capture, err);
    bytes_free(&packed);
    return code;
}
