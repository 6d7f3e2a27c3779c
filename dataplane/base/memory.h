// SPDX-License-Identifier: Apache-2.0
// Large tables on huge pages: at millions of random accesses a second, TLB misses on 4 KiB pages
// would cost as much as the cache misses themselves.
#ifndef WEIR_BASE_MEMORY_H
#define WEIR_BASE_MEMORY_H

#include <stddef.h>

#include "dataplane/base/error.h"

enum memory_pages {
    MEMORY_PAGES_AUTO,    // reserved huge pages, else transparent ones, else small ones
    MEMORY_PAGES_NEVER,   // small ones
    MEMORY_PAGES_REQUIRE, // reserved huge pages or an error
};

// Zeroed memory, aligned to a page, all of it there when this returns: nothing faults later. NULL
// and a message (what to do about it included) when it cannot be had. Any thread; may block.
void *memory_map(size_t bytes, enum memory_pages pages, struct error *err);

// `memory` may be NULL; `bytes` as at memory_map.
void memory_unmap(void *memory, size_t bytes);

#endif
