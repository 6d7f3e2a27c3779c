// SPDX-License-Identifier: Apache-2.0
// Batches of made-up lines, as sinks take them.
#ifndef WEIR_TESTS_EXPORT_LINES_H
#define WEIR_TESTS_EXPORT_LINES_H

#include "export/sink/sink.h"

enum { LINES_MAX = 2048, LINE_BYTES_MAX = 512 };

struct lines {
    struct sink_message messages[LINES_MAX];
    char text[LINES_MAX * LINE_BYTES_MAX];
    size_t text_bytes;
    size_t count;
};

// `count` lines of different lengths, with sequences from `first` on; every fifth is for the second
// topic. The key of a line is "key".
void lines_make(struct lines *lines, uint64_t first, size_t count);

// Hands all to the sink, as often as it takes; fails the test where that takes some seconds.
void lines_write(const struct lines *lines, struct sink *sink);

// Flushes the sink; fails the test where that takes some seconds.
void lines_flush(struct sink *sink);

#endif
