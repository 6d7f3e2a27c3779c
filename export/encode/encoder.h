// SPDX-License-Identifier: Apache-2.0
// Records to bytes, behind one table of operations.
#ifndef WEIR_ENCODE_ENCODER_H
#define WEIR_ENCODE_ENCODER_H

#include <sys/types.h>

#include "dataplane/base/error.h"
#include "export/record/record.h"

enum encoding { ENCODING_JSON, ENCODING_PROTOBUF, ENCODING_COUNT };

struct encoder;

struct encoder_operations {
    const char *name;
    ssize_t (*encode)(struct encoder *encoder, const struct record *record, char *buffer,
                      size_t bytes);
    void (*free)(struct encoder *encoder);
};

// What every encoder starts with.
struct encoder {
    const struct encoder_operations *operations;
};

// An encoder of that kind: json_encoder_create or protobuf_encoder_create, see there.
struct encoder *encoder_create(enum encoding encoding, const char *sensor, uint64_t run,
                               struct error *err);

// Writes `record` to `buffer`, no NUL at the end. Returns the octets written, or -ENOSPC where
// `bytes` may be too few (encoders ask for some hundred more than they write). Any one thread at a
// time; never blocks, never allocates.
static inline ssize_t encoder_encode(struct encoder *encoder, const struct record *record,
                                     char *buffer, size_t bytes)
{
    return encoder->operations->encode(encoder, record, buffer, bytes);
}

// `encoder` may be NULL.
static inline void encoder_free(struct encoder *encoder)
{
    if (encoder != NULL) {
        encoder->operations->free(encoder);
    }
}

#endif
