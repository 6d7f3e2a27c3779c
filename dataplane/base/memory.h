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

// Zeroed memory that is there page by page once it is touched: for room that is seldom used whole
// and not on the packet path. NULL and a message when it cannot be had. Any thread.
void *memory_reserve(size_t bytes, struct error *err);

// Of both. `memory` may be NULL; `bytes` as when it was had.
void memory_unmap(void *memory, size_t bytes);

#endif
