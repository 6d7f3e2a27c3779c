// SPDX-License-Identifier: Apache-2.0
// The life of librdkafka's producer: made, replaced by a fresh one, ended. One thread.
#ifndef WEIR_SINK_KAFKA_PRODUCER_H
#define WEIR_SINK_KAFKA_PRODUCER_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "dataplane/base/error.h"

// `config`, `grave` and `buried` are kafka_producer.c's.
struct kafka_producer {
    rd_kafka_t *handle;
    uint64_t queue_records; // that it takes at most
    uint64_t queue_bytes;
    int batch_bytes; // how large a batch of more than one record may get
    bool compresses; // so that of two records the smaller may be the larger on its way
    rd_kafka_conf_t *config;
    pthread_t grave; // ends the handle before this one
    bool buried;     // there is a grave to join
};

// Makes a producer of `config`, which it takes over in any case. 0, or -EINVAL and what librdkafka
// said. Pairs with kafka_producer_fini, also where it failed.
int kafka_producer_init(struct kafka_producer *producer, rd_kafka_conf_t *config,
                        struct error *err);

// Puts a fresh producer in the place of the present one, whose records must have been reported and
// whose topics and queues must be gone. Does not wait for the old one to end. Where this fails, the
// present producer stays.
int kafka_producer_replace(struct kafka_producer *producer, int batch_bytes, struct error *err);

// Ends the producer; waits for it a few seconds at most.
void kafka_producer_fini(struct kafka_producer *producer);

// Whether the producer came with its own broker, which dies with it.
bool kafka_producer_is_embedded(const struct kafka_producer *producer);

#endif
