// SPDX-License-Identifier: Apache-2.0
// What a segment file holds, octet by octet; format.c begins with the description.
#ifndef WEIR_SPOOL_FORMAT_H
#define WEIR_SPOOL_FORMAT_H

#include "export/spool/spool.h"

enum {
    FORMAT_ALIGN = 8,
    FORMAT_SEGMENT_HEAD = 32,
    FORMAT_RECORD_HEAD = 24,
    FORMAT_RECORD_MAX = FORMAT_RECORD_HEAD + SPOOL_RECORD_MAX, // octets on disk
    FORMAT_STATE_AT = 4,                                       // of a record
    FORMAT_SETTLED = 0xff,
    FORMAT_SEGMENT_MAX = 1 << 27, // octets of a file that are looked at
};

enum format_verdict {
    FORMAT_WHOLE,
    FORMAT_BROKEN, // not what it should be
    FORMAT_CUT,    // goes on behind the octets that are there
};

struct format_record {
    struct spool_record record; // points into the octets that were checked
    size_t bytes;               // on disk
    bool settled;
};

// Writes FORMAT_SEGMENT_HEAD octets.
void format_segment_write(void *head, int64_t created_us);

// Checks a segment's first octets.
enum format_verdict format_segment_check(const void *at, size_t available, int64_t *created_us);

// How many octets a record of so many, key and value, takes on disk.
size_t format_record_bytes(size_t bytes);

// Writes as many.
void format_record_write(void *to, const struct spool_record *record);

// Checks the record at `at`, of which `available` octets are there; fills `found` when it is whole.
enum format_verdict format_record_check(const void *at, size_t available,
                                        struct format_record *found);

// The octets and the mark of a record that format_record_write has written.
size_t format_record_skip(const void *at, uint8_t *mark);

#endif
