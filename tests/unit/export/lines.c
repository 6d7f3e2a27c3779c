// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/export/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/base/clock.h"

enum { WAIT_US = 20 * 1000000, FLUSH_MS = 100, OTHER_TOPIC_EVERY = 5, LENGTHS = 400 };

void lines_make(struct lines *lines, uint64_t first, size_t count)
{
    lines->count = count;
    lines->text_bytes = 0;
    for (size_t i = 0; i < count; i++) {
        char *value = lines->text + lines->text_bytes;
        int length =
            sprintf(value, "{\"line\":%llu,\"filler\":\"", (unsigned long long)(first + i));
        size_t filler = (first + i) * 37 % LENGTHS;
        memset(value + length, 'x', filler);
        length += (int)filler;
        length += sprintf(value + length, "\"}\n") - 1;
        lines->messages[i] = (struct sink_message){
            .sequence = first + i,
            .value = value,
            .value_bytes = length,
            .key = "key",
            .key_bytes = 3,
            .topic = (first + i) % OTHER_TOPIC_EVERY == 0 ? RECORD_TOPIC_PROCESSED
                                                          : RECORD_TOPIC_TRAFFIC,
        };
        lines->text_bytes += length + 1;
    }
}

void lines_write(const struct lines *lines, struct sink *sink)
{
    int64_t give_up_us = clock_monotonic_us() + WAIT_US;
    for (size_t done = 0; done < lines->count;) {
        done += sink_write(sink, lines->messages + done, lines->count - done);
        if (clock_monotonic_us() > give_up_us) {
            fail_msg("the sink took %zu of %zu lines", done, lines->count);
        }
    }
}

void lines_flush(struct sink *sink)
{
    int64_t give_up_us = clock_monotonic_us() + WAIT_US;
    while (!sink_flush(sink, FLUSH_MS)) {
        assert_true(clock_monotonic_us() < give_up_us);
    }
}
