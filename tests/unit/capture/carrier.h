// SPDX-License-Identifier: Apache-2.0
// Every way by which the octets of a capture reach the readers: as a file, packed, through a pipe.
#ifndef WEIR_TESTS_CAPTURE_CARRIER_H
#define WEIR_TESTS_CAPTURE_CARRIER_H

#include "dataplane/capture/capture.h"
#include "tests/unit/capture/bytes.h"

struct carrier {
    const char *name;
    const char *file_name; // what messages call the file, or begin to
    // Appends the octets as they are stored; NULL: as they are.
    void (*pack)(const struct bytes *plain, struct bytes *packed);
    // Has a reader open the octets; returns what capture_open_files does.
    int (*open)(const struct bytes *stored, struct capture **capture, struct error *err);
};

extern const struct carrier carriers[];
extern const size_t carrier_count;

// Packs in two members (frames), as by concatenation of two packed files.
void gzip_pack(const struct bytes *plain, struct bytes *packed);
void zstd_pack(const struct bytes *plain, struct bytes *packed);

enum { PATH_BYTES = 32 };

// Puts octets into a file in memory and its path into `path`; returns the descriptor that it lives
// by.
int file_of(const struct bytes *stored, char path[PATH_BYTES]);

// Opens octets that stand in a file, or come out of a pipe (at most 1 MiB), at a speed of 0.
int file_carry(const struct bytes *stored, struct capture **capture, struct error *err);
int pipe_carry(const struct bytes *stored, struct capture **capture, struct error *err);

// Packs and opens. For any number of carried captures at once, but of standard input.
int carrier_open(const struct carrier *carrier, const struct bytes *plain, struct capture **capture,
                 struct error *err);

#endif
