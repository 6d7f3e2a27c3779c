// SPDX-License-Identifier: Apache-2.0
// The ways in which capture files are packed, one row each.
#ifndef WEIR_CAPTURE_CODEC_H
#define WEIR_CAPTURE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CODEC_MAGIC_BYTES = 4 };

// Both ranges shrink from the front as octets are taken and made.
struct codec_step {
    const uint8_t *in;
    size_t in_bytes;
    uint8_t *out;
    size_t out_bytes;
};

enum codec_status {
    CODEC_INSIDE,  // more of this member is to come
    CODEC_BETWEEN, // a member has ended; the file may, or another member may follow
    CODEC_DAMAGED, // what was wrong is in `problem`
};

struct codec {
    const char *name;
    uint8_t magic[CODEC_MAGIC_BYTES];
    size_t magic_bytes;

    void *(*create)(void); // NULL: out of memory

    // Unpacks what it can. Nothing taken and nothing made: it needs more octets (or room).
    enum codec_status (*unpack)(void *state, struct codec_step *step, const char **problem);

    void (*free)(void *state);
};

// The codec that a file beginning with these octets is packed with, or NULL.
const struct codec *codec_of(const uint8_t magic[CODEC_MAGIC_BYTES]);

#endif
