// SPDX-License-Identifier: Apache-2.0
#include "export/sink/kafka_state.h"

#include <string.h>

#include "dataplane/base/clock.h"

enum { REASON_BYTES = 256, TOO_LARGE_US = 10 * KAFKA_US_PER_S };

static void pause_begin(struct kafka_sink *kafka)
{
    if (kafka->retry_us == 0) {
        kafka->retry_us = clock_monotonic_us() + kafka->pause_us;
        kafka->pause_us = kafka->pause_us * 2 < KAFKA_PAUSE_MAX_US ? kafka->pause_us * 2
                                                                   : (int64_t)KAFKA_PAUSE_MAX_US;
    }
}

static void sicken(struct kafka_sink *kafka, enum record_topic topic)
{
    kafka->sick |= 1U << topic;
    kafka->resending = false;
    pause_begin(kafka);
}

void kafka_hold(struct kafka_sink *kafka, uint64_t order, const struct sink_message *message)
{
    if (!kafka_held_put(&kafka->held, order, message)) {
        sink_complain(&kafka->sink, SINK_COMPLAINT_LOSS, "no memory to hold a record");
        sink_give_back(&kafka->sink, message, EXPORT_BROKER_REFUSED);
    }
}

static void renewal_begin(struct kafka_sink *kafka, enum kafka_renewal renewal)
{
    if (kafka->renewal == KAFKA_RENEWAL_NONE) {
        kafka->renewal = renewal;
        kafka->renewal_us = clock_monotonic_us();
        kafka->purge_us = kafka->renewal_us;
        pause_begin(kafka);
    }
}

// Tells why a record was not taken, and begins what helps.
static void refusal_tell(struct kafka_sink *kafka, rd_kafka_resp_err_t code,
                         enum record_topic topic)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE: // our own doing
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
        break;
    case RD_KAFKA_RESP_ERR__FATAL: // on_error has said why
        renewal_begin(kafka, KAFKA_RENEWAL_FATAL);
        break;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        renewal_begin(kafka, KAFKA_RENEWAL_SMALLER);
        break;
    default:
        if ((kafka->trouble.told & 1U << topic) != 0) {
            break;
        }
        kafka->trouble.told |= 1U << topic;
        if (kafka_trouble_is_missing_topic(code)) {
            kafka_topics_missing(&kafka->topics, topic, kafka->sink.name + strlen("kafka://"),
                                 &kafka->trouble);
        } else {
            kafka_trouble_report(&kafka->trouble, code, kafka->topics.names[topic]);
        }
        break;
    }
}

static void drop_too_large(struct kafka_sink *kafka, const struct sink_message *message)
{
    kafka->sink.failing = !kafka_trouble_due(&kafka->trouble, SINK_TROUBLE_RECORD_TOO_LARGE);
    kafka->progress = true;
    sink_drop(&kafka->sink, message->sequence, EXPORT_RECORD_TOO_LARGE,
              "topic %s: a record of %llu octets is too large and is dropped; check the topic's "
              "max.message.bytes and export.kafka.properties.message.max.bytes",
              kafka->topics.names[message->topic],
              (unsigned long long)message->value_bytes + message->key_bytes);
}

static void too_large_learn(struct kafka_sink *kafka, const struct sink_message *message)
{
    if (!kafka->producer.compresses && !kafka_producer_is_embedded(&kafka->producer)) {
        kafka->too_large[message->topic] = (struct kafka_too_large){
            .octets = message->value_bytes + message->key_bytes,
            .until_us = clock_monotonic_us() + TOO_LARGE_US,
        };
        if (kafka->tickets.out > 0) {
            renewal_begin(kafka, KAFKA_RENEWAL_SIFT);
        }
    }
}

static bool is_known_too_large(struct kafka_sink *kafka, const struct sink_message *message)
{
    struct kafka_too_large *known = &kafka->too_large[message->topic];
    if (known->octets == 0 || message->value_bytes + message->key_bytes < known->octets) {
        return false;
    }
    if (clock_monotonic_us() > known->until_us) {
        known->octets = 0;
        return false;
    }
    return true;
}

// Whether the record was the only one of its batch, so that none smaller can be made.
static bool was_alone(const struct kafka_sink *kafka, const struct sink_message *message)
{
    return message->value_bytes + message->key_bytes >= (uint32_t)kafka->producer.batch_bytes ||
           kafka_producer_is_embedded(&kafka->producer);
}

bool kafka_refused(struct kafka_sink *kafka, rd_kafka_resp_err_t code,
                   const struct sink_message *message)
{
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && was_alone(kafka, message)) {
        too_large_learn(kafka, message);
        drop_too_large(kafka, message);
        return false;
    }
    sicken(kafka, message->topic);
    refusal_tell(kafka, code, message->topic);
    return true;
}

void kafka_on_report(rd_kafka_t *producer, const rd_kafka_message_t *report, void *opaque)
{
    (void)producer;
    struct kafka_sink *kafka = opaque;
    if (kafka->deaf) {
        return;
    }
    struct kafka_ticket ticket = kafka_ticket_return(&kafka->tickets, report->_private);
    kafka->out_bytes -= report->len + report->key_len;
    rd_kafka_msg_status_t status = rd_kafka_message_status(report);
    if (report->err == RD_KAFKA_RESP_ERR_NO_ERROR || status == RD_KAFKA_MSG_STATUS_PERSISTED) {
        kafka->progress = true;
        kafka->sick &= ~(1U << ticket.topic);
        sink_deliver(&kafka->sink, ticket.sequence);
        return;
    }
    struct sink_message message = {
        .sequence = ticket.sequence,
        .value = report->payload,
        .key = report->key,
        .value_bytes = (uint32_t)report->len,
        .key_bytes = (uint32_t)report->key_len,
        .topic = ticket.topic,
    };
    if (kafka->sink.abandoned != EXPORT_DELIVERED || kafka_refused(kafka, report->err, &message)) {
        kafka->resent += status == RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED;
        kafka_hold(kafka, ticket.order, &message);
    }
}

void kafka_on_error(rd_kafka_t *producer, int code, const char *reason, void *opaque)
{
    struct kafka_sink *kafka = opaque;
    if (code != RD_KAFKA_RESP_ERR__FATAL) {
        kafka_trouble_error(&kafka->trouble, code, reason, kafka_has_records(kafka));
        return;
    }
    char text[REASON_BYTES];
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(producer, text, sizeof(text));
    if (fatal == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED) {
        kafka_trouble_note(&kafka->trouble, SINK_TROUBLE_AUTHORIZATION,
                           "the user may not write with idempotence; allow IdempotentWrite on the "
                           "cluster, or Write on a topic, to the user of "
                           "export.kafka.properties.sasl.username (%s)",
                           text);
    } else {
        kafka_trouble_note(&kafka->trouble, SINK_TROUBLE_OTHER,
                           "librdkafka's producer gave up (%s)", text);
    }
    renewal_begin(kafka, KAFKA_RENEWAL_FATAL); // later: inside rd_kafka_poll nothing can be purged
}

int kafka_on_statistics(rd_kafka_t *producer, char *json, size_t bytes, void *opaque)
{
    (void)producer;
    struct kafka_sink *kafka = opaque;
    kafka_statistics_read(json, bytes, &kafka->totals, &kafka->queue);
    return 0; // librdkafka frees the text
}

rd_kafka_resp_err_t kafka_produce(struct kafka_sink *kafka, const struct sink_message *message,
                                  uint64_t order)
{
    if (is_known_too_large(kafka, message)) {
        drop_too_large(kafka, message);
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    void *ticket;
    if (!kafka_ticket_take(&kafka->tickets, message->sequence, order, message->topic, &ticket)) {
        return RD_KAFKA_RESP_ERR__QUEUE_FULL;
    }
    // The value and the key are copied, so neither is written to in spite of its type.
    if (rd_kafka_produce(kafka->topics.handles[message->topic], RD_KAFKA_PARTITION_UA,
                         RD_KAFKA_MSG_F_COPY, (void *)(uintptr_t)message->value,
                         message->value_bytes, message->key, message->key_bytes, ticket) == 0) {
        kafka->out_bytes += (uint64_t)message->value_bytes + message->key_bytes;
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    rd_kafka_resp_err_t code = rd_kafka_last_error();
    kafka_ticket_return(&kafka->tickets, ticket);
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        drop_too_large(kafka, message);
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    return code;
}
