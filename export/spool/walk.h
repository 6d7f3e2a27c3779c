// SPDX-License-Identifier: Apache-2.0
// Walks over the records of one segment file, in large reads; what is damaged is stepped over.
#ifndef WEIR_SPOOL_WALK_H
#define WEIR_SPOOL_WALK_H

#include "export/spool/format.h"

enum walk_step {
    WALK_RECORD,
    WALK_FILL, // the next record does not lie in the buffer as a whole: call walk_fill
    WALK_END,
};

struct walk {
    char *buffer;
    uint64_t buffer_at; // of the file
    size_t buffer_bytes;
    uint64_t at;        // the next octet to look at; who walks may set it to where a record was
    uint64_t end;       // of what is to be looked at; may grow
    int64_t created_us; // of the segment's head; 0 where it was none
    uint64_t damaged_bytes;
    uint64_t damaged_at; // the first of them
    uint64_t whole_end;  // behind the last record
};

// -ENOMEM.
int walk_init(struct walk *walk);
void walk_fini(struct walk *walk);

// Begins at the start of another file.
void walk_begin(struct walk *walk, uint64_t end);

// Finds the next record that is whole, and where it lies. What is found holds until the buffer is
// filled.
enum walk_step walk_next(struct walk *walk, uint64_t *offset, struct format_record *found);

// Reads from `at` on. 0 or a negative errno. Octets behind the file's end read as zero.
int walk_fill(struct walk *walk, int fd);

// As walk_fill, but what the disk refuses to read is zero.
void walk_salvage(struct walk *walk, int fd);

#endif
