// SPDX-License-Identifier: Apache-2.0
// Encoded records that go to the sinks together.
#ifndef WEIR_EXPORT_BATCH_H
#define WEIR_EXPORT_BATCH_H

#include "export/encode/encoder.h"
#include "export/sink/sink.h"

enum {
    BATCH_RECORDS = 256,
    BATCH_TEXT_BYTES = 1 << 20, // bounds a single record too
};

// The messages point into the text, and their keys into the sensor's name and into the records.
struct batch {
    struct encoder *encoder;
    char *text;
    char *sensor;
    size_t text_bytes;
    size_t count;
    struct sink_message messages[BATCH_RECORDS];
};

// Allocates what the batch will need; `sensor` is copied, `run` is the first half of ids. 0, or a
// negative errno and a message; batch_fini is due in either case.
int batch_init(struct batch *batch, enum encoding encoding, const char *sensor, uint64_t run,
               struct error *err);
void batch_fini(struct batch *batch);

// Encodes one more record, which must stay where it is until the batch has been written; `name` is
// what the sinks settle it by. 0, -EAGAIN
// where the batch must be written first, -EMSGSIZE where the record is too large for any.
int batch_add(struct batch *batch, const struct record *record, uint64_t name);

// Takes the last record out again. There must be one.
static inline void batch_undo(struct batch *batch)
{
    batch->count--;
    batch->text_bytes = batch->messages[batch->count].value - batch->text;
}

static inline void batch_clear(struct batch *batch)
{
    batch->count = 0;
    batch->text_bytes = 0;
}

#endif
