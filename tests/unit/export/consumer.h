// SPDX-License-Identifier: Apache-2.0
// Reads records back out of Kafka with librdkafka's consumer.
#ifndef WEIR_TESTS_EXPORT_CONSUMER_H
#define WEIR_TESTS_EXPORT_CONSUMER_H

#include <stddef.h>

struct consumed {
    char topic[64];
    char key[64];
    char *value; // with a final NUL
};

// Reads `partitions` partitions of both default topics at `address` from their beginning until
// `count` records have come, or fails the test after some seconds. consumed_free frees them.
struct consumed *consumer_read(const char *address, int partitions, size_t count);
void consumed_free(struct consumed *records, size_t count);

#endif
