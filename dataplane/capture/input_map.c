// SPDX-License-Identifier: Apache-2.0
// A regular file, mapped: the window is the file, so that a packet is never copied.
//
// The window grows in steps, and the pages of a step are mapped by one call before its octets are
// looked at. That spares a page fault for every page or few, but above all the call finds a file
// that was cut, or a disk that failed, where reading the map would raise SIGBUS: it fails, and that
// is a loss with a name. What is left is a file cut in the moments between the mapping of a step
// and the reading of it; that still ends the process. Pages behind the window are left mapped: the
// kernel takes them when it needs them, and to give them back costs a tenth of the rate.
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/capture/input_kinds.h"

// Beyond some hundred kilobytes its size makes no difference to the rate.
#define STEP_BYTES (UINT64_C(2) << 20)

struct map {
    struct input input;
    int fd;
    uint8_t *base;
    uint64_t readable; // octets of the file that are still there
    uint64_t given;    // octets from the base to the window's end
};

// Maps the pages of [from, to). Returns 0 or -EFAULT, where pages have no file behind them.
static int pages_populate(const struct map *map, uint64_t from, uint64_t to)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t start = from / page * page;
    if (madvise(map->base + start, to - start, MADV_POPULATE_READ) == 0) {
        return 0;
    }
    // A kernel before 5.14 knows no such advice (EINVAL) and maps pages as they are touched.
    return errno == EFAULT || errno == EHWPOISON ? -EFAULT : 0;
}

static enum input_status map_fill(struct input *input, size_t need)
{
    struct map *map = (struct map *)input;
    uint64_t at = map->given - (uint64_t)(input->end - input->at);
    struct stat status;
    if (fstat(map->fd, &status) == 0 && (uint64_t)status.st_size < map->readable) {
        map->readable = (uint64_t)status.st_size;
        input_fail(input, "unreadable", "the file was cut to %llu octets while it was read",
                   (unsigned long long)status.st_size);
    }
    uint64_t want = at + need > map->given + STEP_BYTES ? at + need : map->given + STEP_BYTES;
    uint64_t to = want < map->readable ? want : map->readable;
    if (to > map->given) {
        if (pages_populate(map, map->given, to) != 0) {
            return input_fail(input, "unreadable", "its storage could not be read");
        }
        map->given = to;
        input->end = map->base + to;
        input->end_offset = to;
    }
    if ((size_t)(input->end - input->at) >= need) {
        return INPUT_READY;
    }
    return input->cause != NULL ? INPUT_FAILED : INPUT_END;
}

static void map_close(struct input *input)
{
    struct map *map = (struct map *)input;
    munmap(map->base, input->size);
    close(map->fd);
    free(map);
}

static const struct input_ops map_ops = {map_fill, map_close};

struct input *input_map(int fd, uint64_t size)
{
    struct map *map = calloc(1, sizeof(*map));
    if (map == NULL) {
        return NULL;
    }
    uint8_t *base = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) {
        free(map);
        return NULL;
    }
    madvise(base, size, MADV_SEQUENTIAL);
    *map = (struct map){
        .input = {.at = base, .end = base, .size = size, .ops = &map_ops},
        .fd = fd,
        .base = base,
        .readable = size,
    };
    return &map->input;
}
