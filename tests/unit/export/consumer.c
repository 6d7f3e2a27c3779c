// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/export/consumer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>

#include "dataplane/base/clock.h"
#include "export/record/record.h"

enum { WAIT_US = 20 * 1000000, POLL_MS = 100, REASON_BYTES = 256 };

static rd_kafka_t *consumer_open(const char *address, int partitions)
{
    char reason[REASON_BYTES];
    rd_kafka_conf_t *config = rd_kafka_conf_new();
    rd_kafka_conf_set(config, "bootstrap.servers", address, NULL, 0);
    rd_kafka_conf_set(config, "group.id", "test", NULL, 0);
    rd_kafka_conf_set_log_cb(config, NULL);
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, config, reason, sizeof(reason));
    if (consumer == NULL) {
        fail_msg("no consumer: %s", reason);
    }
    rd_kafka_poll_set_consumer(consumer);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (size_t topic = 0; topic < RECORD_TOPIC_COUNT; topic++) {
        for (int partition = 0; partition < partitions; partition++) {
            rd_kafka_topic_partition_list_add(list, record_topic_names[topic], partition)->offset =
                RD_KAFKA_OFFSET_BEGINNING;
        }
    }
    assert_int_equal(rd_kafka_assign(consumer, list), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    return consumer;
}

static void consumed_fill(struct consumed *record, const rd_kafka_message_t *message)
{
    snprintf(record->topic, sizeof(record->topic), "%s", rd_kafka_topic_name(message->rkt));
    snprintf(record->key, sizeof(record->key), "%.*s", (int)message->key_len,
             (const char *)message->key);
    record->value = strndup(message->payload, message->len);
}

struct consumed *consumer_read(const char *address, int partitions, size_t count)
{
    rd_kafka_t *consumer = consumer_open(address, partitions);
    struct consumed *records = calloc(count, sizeof(*records));
    int64_t give_up_us = clock_monotonic_us() + WAIT_US;
    for (size_t read = 0; read < count;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, POLL_MS);
        if (message != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            consumed_fill(&records[read], message);
            read++;
        }
        if (message != NULL) {
            rd_kafka_message_destroy(message);
        }
        if (clock_monotonic_us() > give_up_us) {
            fail_msg("only %zu of %zu records came out of %s", read, count, address);
        }
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return records;
}

void consumed_free(struct consumed *records, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(records[i].value);
    }
    free(records);
}
