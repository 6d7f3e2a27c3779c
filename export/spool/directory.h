// SPDX-License-Identifier: Apache-2.0
// The directory of a spool: made, locked, listed.
#ifndef WEIR_SPOOL_DIRECTORY_H
#define WEIR_SPOOL_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/error.h"

// Of a segment: 1 and up.
#define SEGMENT_NUMBER_MAX ((UINT64_C(1) << 37) - 1)

struct segment_name {
    char text[32];
};

struct segment_name segment_name(uint64_t number);

// The numbers of the segments that are there, ascending.
struct directory_list {
    uint64_t *numbers; // free() them
    size_t count;
    uint64_t highest; // also of what has a segment's name and is no file; 0: none
};

// Makes the directory and its parents where they are missing, with mode 0700, and opens it. Returns
// the descriptor or a negative errno.
int directory_make(const char *path, struct error *err);

// Takes the lock that holds off other processes, until the descriptor it returns is closed. -EBUSY
// where one has it.
int directory_lock(int directory, const char *path, struct error *err);

// Whether a process has the lock; takes none.
bool directory_is_locked(int directory);

// What has no segment's name, or is no regular file, is left out. 0 or a negative errno.
int directory_list(int directory, struct directory_list *list);

#endif
