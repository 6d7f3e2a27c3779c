// SPDX-License-Identifier: Apache-2.0
// The segments of an open spool, oldest first: how many records of each are there, and their files.
// One thread's.
#ifndef WEIR_SPOOL_SEGMENT_H
#define WEIR_SPOOL_SEGMENT_H

#include "export/spool/directory.h"
#include "export/spool/format.h"

struct segment {
    uint64_t number;
    int64_t created_us; // since the epoch; 0: not known
    uint64_t bytes;     // with what is appended and not yet written
    uint64_t written;   // whole records end here in the file
    uint32_t held[SPOOL_MARKS];
    uint32_t in_flight[SPOOL_MARKS]; // of those held
    int fd;                          // -1: not open at present
    uint8_t *settled; // NULL, or bits of the records whose settling could not be written
};

struct segments {
    struct segment **list;
    size_t count;
    size_t capacity;
    size_t open;                  // descriptors
    const struct segment *pinned; // its file is never closed to open another; may be NULL
    int directory;
};

// A place is a segment's number, a mark, and where the record begins in the file.
spool_place place_make(uint64_t number, uint8_t mark, uint64_t offset);
uint64_t place_number(spool_place place);
uint8_t place_mark(spool_place place);
uint64_t place_offset(spool_place place);

uint32_t segment_held(const struct segment *segment);
uint32_t segment_in_flight(const struct segment *segment);

// Adds one in the place that its number gives it. NULL: no memory.
struct segment *segments_add(struct segments *segments, uint64_t number);

// The first whose number is not below `number`; NULL where there is none.
struct segment *segments_from(const struct segments *segments, uint64_t number);

// The one with that number, or NULL.
struct segment *segments_find(const struct segments *segments, uint64_t number);

// Makes the file, which must not be there, with its head, and adds the segment, open. 0 or a
// negative errno.
int segments_create(struct segments *segments, uint64_t number, struct segment **segment);

// Opens the file if it is not. `keep` (or NULL) is not closed for it. 0 or a negative errno.
int segments_open(struct segments *segments, struct segment *segment, const struct segment *keep);

// Closes the file if it is open.
void segments_close(struct segments *segments, struct segment *segment);

// Deletes the file, and forgets the segment in any case. 0 or a negative errno.
int segments_remove(struct segments *segments, struct segment *segment);

// Closes all files and forgets all segments.
void segments_fini(struct segments *segments);

// Marks a record as settled on disk, or in memory where that cannot be. 0 or a negative errno of
// the disk.
int segments_settle(struct segments *segments, struct segment *segment, uint64_t offset,
                    const struct segment *keep);

// Whether segments_settle has marked it in memory.
bool segment_is_settled(const struct segment *segment, uint64_t offset);

#endif
