// SPDX-License-Identifier: Apache-2.0
// rd_kafka_destroy waits for librdkafka's threads, and one of them may sit in a resolver for half a
// minute. So a thread of its own waits for it, and we for that thread only as long as we care to.
#include "export/sink/kafka_producer.h"

#include <errno.h>
#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { REASON_BYTES = 256, NUMBER_BYTES = 32, END_SECONDS = 3 };

static int config_number(const rd_kafka_conf_t *config, const char *name)
{
    char number[NUMBER_BYTES];
    size_t bytes = sizeof(number);
    return rd_kafka_conf_get(config, name, number, &bytes) == RD_KAFKA_CONF_OK ? atoi(number) : 0;
}

static rd_kafka_t *handle_create(const rd_kafka_conf_t *config, int batch_bytes, struct error *err)
{
    rd_kafka_conf_t *copy = rd_kafka_conf_dup(config);
    char reason[REASON_BYTES];
    char number[NUMBER_BYTES];
    snprintf(number, sizeof(number), "%d", batch_bytes);
    rd_kafka_conf_set(copy, "batch.size", number, NULL, 0);
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_PRODUCER, copy, reason, sizeof(reason));
    if (handle == NULL) {
        rd_kafka_conf_destroy(copy);
        error_set(err, -EINVAL, "%s", reason);
    }
    return handle;
}

static bool compresses(const rd_kafka_conf_t *config)
{
    char codec[NUMBER_BYTES];
    size_t bytes = sizeof(codec);
    return rd_kafka_conf_get(config, "compression.codec", codec, &bytes) != RD_KAFKA_CONF_OK ||
           strcmp(codec, "none") != 0;
}

int kafka_producer_init(struct kafka_producer *producer, rd_kafka_conf_t *config, struct error *err)
{
    int batch_bytes = config_number(config, "batch.size");
    int record_bytes = config_number(config, "message.max.bytes");
    *producer = (struct kafka_producer){
        .compresses = compresses(config),
        .queue_records = (uint64_t)config_number(config, "queue.buffering.max.messages"),
        .queue_bytes = (uint64_t)config_number(config, "queue.buffering.max.kbytes") * 1024,
        .config = config,
        .batch_bytes = record_bytes < batch_bytes ? record_bytes : batch_bytes,
    };
    producer->handle = handle_create(config, batch_bytes, err);
    return producer->handle != NULL ? 0 : -EINVAL;
}

static void *destroy(void *handle)
{
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return NULL;
}

// Waits for the handle before this one; leaves it to itself where that takes too long.
static void grave_join(struct kafka_producer *producer, int seconds)
{
    if (producer->buried) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += seconds;
        if (pthread_clockjoin_np(producer->grave, NULL, CLOCK_MONOTONIC, &until) != 0) {
            pthread_detach(producer->grave);
        }
        producer->buried = false;
    }
}

static void bury(struct kafka_producer *producer)
{
    grave_join(producer, 0);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    producer->buried = pthread_create(&producer->grave, NULL, destroy, producer->handle) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!producer->buried) {
        destroy(producer->handle);
    }
}

int kafka_producer_replace(struct kafka_producer *producer, int batch_bytes, struct error *err)
{
    rd_kafka_t *fresh = handle_create(producer->config, batch_bytes, err);
    if (fresh == NULL) {
        return -EINVAL;
    }
    bury(producer);
    producer->handle = fresh;
    producer->batch_bytes = batch_bytes;
    return 0;
}

void kafka_producer_fini(struct kafka_producer *producer)
{
    grave_join(producer, END_SECONDS);
    if (producer->handle != NULL) {
        bury(producer);
        grave_join(producer, END_SECONDS);
    }
    rd_kafka_conf_destroy(producer->config);
}

bool kafka_producer_is_embedded(const struct kafka_producer *producer)
{
    return rd_kafka_handle_mock_cluster(producer->handle) != NULL;
}
