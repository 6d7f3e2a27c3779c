// SPDX-License-Identifier: Apache-2.0
#include "dataplane/base/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_BYTES      ((size_t)4096)
#define HUGE_PAGE_BYTES ((size_t)2 << 20)

// A mapping's length must be known again at memory_unmap: both round up the same way. Tables under
// one huge page stay on small pages.
static size_t mapped_bytes(size_t bytes)
{
    size_t unit = bytes < HUGE_PAGE_BYTES ? PAGE_BYTES : HUGE_PAGE_BYTES;
    return (bytes + unit - 1) / unit * unit;
}

// Has the kernel give every page now: a page fault on the packet path costs as much as hundreds of
// packets, and memory that is not there is better missed at start.
static int pages_populate(char *memory, size_t length)
{
    if (madvise(memory, length, MADV_POPULATE_WRITE) == 0) {
        return 0;
    }
    if (errno != EINVAL) {
        return -errno;
    }
    // Linux before 5.14.
    for (size_t at = 0; at < length; at += PAGE_BYTES) {
        *(volatile char *)(memory + at) = 0;
    }
    return 0;
}

static void *small_pages_map(size_t length, enum memory_pages pages, struct error *err)
{
    void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int code = memory == MAP_FAILED ? -errno : 0;
    if (code == 0) {
        if (pages == MEMORY_PAGES_AUTO) {
            // A hint: where transparent huge pages are off the table works all the same, slower.
            madvise(memory, length, MADV_HUGEPAGE);
        }
        code = pages_populate(memory, length);
        if (code != 0) {
            munmap(memory, length);
        }
    }
    if (code != 0) {
        error_set(err, code, "no %zu MiB of memory: %s", length >> 20, strerror(-code));
        return NULL;
    }
    return memory;
}

void *memory_map(size_t bytes, enum memory_pages pages, struct error *err)
{
    size_t length = mapped_bytes(bytes);
    if (pages != MEMORY_PAGES_NEVER && bytes >= HUGE_PAGE_BYTES) {
        void *huge = mmap(NULL, length, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
        if (huge != MAP_FAILED) {
            return huge;
        }
        if (pages == MEMORY_PAGES_REQUIRE) {
            error_set(err, -errno,
                      "no %zu MiB of huge pages (%s): reserve them with "
                      "'sysctl vm.nr_hugepages=%zu' or set memory.huge_pages to auto",
                      length >> 20, strerror(errno), length / HUGE_PAGE_BYTES);
            return NULL;
        }
    }
    return small_pages_map(length, pages, err);
}

void *memory_reserve(size_t bytes, struct error *err)
{
    size_t length = mapped_bytes(bytes);
    void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        error_set(err, -errno, "no %zu MiB of memory: %s", length >> 20, strerror(errno));
        return NULL;
    }
    return memory;
}

void memory_unmap(void *memory, size_t bytes)
{
    if (memory != NULL) {
        munmap(memory, mapped_bytes(bytes));
    }
}
