// SPDX-License-Identifier: Apache-2.0
#include "dataplane/base/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

// A mapping's length must be known again at memory_unmap: both round up the same way. Tables under
// one huge page stay on small pages.
static size_t mapped_bytes(size_t bytes)
{
    size_t unit = bytes < HUGE_PAGE_BYTES ? 4096 : HUGE_PAGE_BYTES;
    return (bytes + unit - 1) / unit * unit;
}

void *memory_map(size_t bytes, enum memory_pages pages, struct error *err)
{
    size_t length = mapped_bytes(bytes);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    if (pages != MEMORY_PAGES_NEVER && bytes >= HUGE_PAGE_BYTES) {
        void *huge =
            mmap(NULL, length, PROT_READ | PROT_WRITE, flags | MAP_HUGETLB | MAP_POPULATE, -1, 0);
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
    void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (memory == MAP_FAILED) {
        error_set(err, -errno, "no %zu MiB of memory: %s", length >> 20, strerror(errno));
        return NULL;
    }
    if (pages == MEMORY_PAGES_AUTO) {
        // A hint: where transparent huge pages are off the table works all the same, slower.
        madvise(memory, length, MADV_HUGEPAGE);
    }
    return memory;
}

void memory_unmap(void *memory, size_t bytes)
{
    if (memory != NULL) {
        munmap(memory, mapped_bytes(bytes));
    }
}
