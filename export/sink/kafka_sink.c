// SPDX-License-Identifier: Apache-2.0
// Records into Kafka through librdkafka, or into its mock cluster inside this process.
//
// librdkafka copies each record, batches, sends and retries in its own threads; what became of a
// record comes back as a delivery report, which rd_kafka_poll hands over in our thread. A full
// queue of librdkafka is back-pressure: nothing is dropped for it.
//
// librdkafka would drop a record for its age, however well the broker does. That is turned off, and
// the sink watches for progress instead: records in flight, and no report for the configured time,
// mean that no broker can be reached; then the sink gives up for good and says so.
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/base/clock.h"
#include "export/sink/kafka_config.h"
#include "export/sink/sink_kinds.h"

enum {
    REASON_BYTES = 256,
    US_PER_S = 1000000,
    PURGE_US = 5 * US_PER_S, // at most, for the reports of purged records to come in
};

struct kafka_sink {
    struct sink sink;
    rd_kafka_t *producer;
    rd_kafka_topic_t *topics[RECORD_TOPIC_COUNT];
    uint64_t in_flight; // produced, not yet reported
    bool progress;      // a report came since watch_us was set
    bool fatal;         // librdkafka will send nothing more; reason says why
    int64_t watch_us;   // when there was progress last, or nothing in flight
    int64_t timeout_us;
    char reason[REASON_BYTES]; // what librdkafka said last about a broker
};

static enum export_cause cause_of(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return EXPORT_RECORD_TOO_LARGE;
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT: // where message.timeout.ms has been configured
        return EXPORT_BROKER_UNREACHABLE;
    default:
        return EXPORT_BROKER_REFUSED;
    }
}

static void on_report(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    (void)producer;
    struct kafka_sink *kafka = opaque;
    uint64_t sequence = (uintptr_t)message->_private;
    kafka->in_flight--;
    kafka->progress = true;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        sink_deliver(&kafka->sink, sequence);
    } else if (kafka->sink.abandoned != EXPORT_DELIVERED) {
        sink_drop(&kafka->sink, sequence, kafka->sink.abandoned, "given up");
    } else {
        sink_drop(&kafka->sink, sequence, cause_of(message->err), "topic %s: %s",
                  rd_kafka_topic_name(message->rkt), rd_kafka_err2str(message->err));
    }
}

static void on_error(rd_kafka_t *producer, int code, const char *reason, void *opaque)
{
    struct kafka_sink *kafka = opaque;
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        rd_kafka_fatal_error(producer, kafka->reason, sizeof(kafka->reason));
        kafka->fatal = true; // for watch(): here, inside rd_kafka_poll, nothing can be purged
    } else if (code !=
               RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) { // which tells less than what led to it
        snprintf(kafka->reason, sizeof(kafka->reason), "%s", reason);
    }
}

static int topics_create(struct kafka_sink *kafka, const struct sink_options *options,
                         struct error *err)
{
    rd_kafka_mock_cluster_t *embedded = rd_kafka_handle_mock_cluster(kafka->producer);
    for (size_t i = 0; i < RECORD_TOPIC_COUNT; i++) {
        const char *name = options->topics[i] != NULL ? options->topics[i] : record_topic_names[i];
        rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
        if (embedded != NULL) {
            code = rd_kafka_mock_topic_create(embedded, name, (int)options->topic.partitions, 1);
        }
        if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
            code = RD_KAFKA_RESP_ERR_NO_ERROR; // both kinds of records may go to one topic
        }
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            kafka->topics[i] = rd_kafka_topic_new(kafka->producer, name, NULL);
            code = kafka->topics[i] == NULL ? rd_kafka_last_error() : code;
        }
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return error_set(err, -EINVAL, "topic '%s': %s", name, rd_kafka_err2str(code));
        }
    }
    return 0;
}

static void kafka_close(struct sink *sink)
{
    struct kafka_sink *kafka = (struct kafka_sink *)sink;
    for (size_t i = 0; i < RECORD_TOPIC_COUNT; i++) {
        if (kafka->topics[i] != NULL) {
            rd_kafka_topic_destroy(kafka->topics[i]);
        }
    }
    rd_kafka_destroy(kafka->producer);
    free(kafka);
}

static int kafka_open(const char *target, const struct sink_options *options, struct sink **sink,
                      struct error *err)
{
    if (strncmp(target, "//", 2) != 0) {
        return error_set(err, -EINVAL, "sink 'kafka:%s': expected kafka://HOST:PORT", target);
    }
    rd_kafka_conf_t *config = kafka_config_create(target + 2, options, err);
    if (config == NULL) {
        return -EINVAL;
    }
    struct kafka_sink *kafka = calloc(1, sizeof(*kafka));
    if (kafka == NULL) {
        rd_kafka_conf_destroy(config);
        return error_set(err, -ENOMEM, "sink 'kafka:%s': no memory", target);
    }
    rd_kafka_conf_set_opaque(config, kafka);
    rd_kafka_conf_set_dr_msg_cb(config, on_report);
    rd_kafka_conf_set_error_cb(config, on_error);
    rd_kafka_conf_set_log_cb(config, NULL); // what matters comes by on_error and on_report
    char reason[REASON_BYTES];
    kafka->producer = rd_kafka_new(RD_KAFKA_PRODUCER, config, reason, sizeof(reason));
    if (kafka->producer == NULL) {
        rd_kafka_conf_destroy(config);
        free(kafka);
        return error_set(err, -EINVAL, "sink 'kafka:%s': %s", target, reason);
    }
    int status = topics_create(kafka, options, err);
    if (status != 0) {
        kafka_close(&kafka->sink);
        return status;
    }
    kafka->timeout_us = options->kafka_timeout_us;
    kafka->watch_us = clock_monotonic_us();
    *sink = &kafka->sink;
    return 0;
}

// Finds out whether the sink has to give up.
static void watch(struct kafka_sink *kafka)
{
    int64_t now_us = clock_monotonic_us();
    if (kafka->sink.abandoned != EXPORT_DELIVERED) {
        return;
    }
    if (kafka->fatal) {
        sink_complain(&kafka->sink, SINK_COMPLAINT_LOSS, "librdkafka gave up: %s", kafka->reason);
        sink_abandon(&kafka->sink, EXPORT_BROKER_REFUSED);
    } else if (kafka->progress || kafka->in_flight == 0) {
        kafka->progress = false;
        kafka->watch_us = now_us;
    } else if (now_us - kafka->watch_us > kafka->timeout_us) {
        sink_complain(&kafka->sink, SINK_COMPLAINT_LOSS,
                      "no broker answered within %gs (%s). Check the address, and that the broker "
                      "runs; %llu records were not delivered",
                      (double)kafka->timeout_us / US_PER_S,
                      kafka->reason[0] != '\0' ? kafka->reason : "no reason known",
                      (unsigned long long)kafka->in_flight);
        sink_abandon(&kafka->sink, EXPORT_BROKER_UNREACHABLE);
    }
}

static void kafka_serve(struct sink *sink)
{
    struct kafka_sink *kafka = (struct kafka_sink *)sink;
    rd_kafka_poll(kafka->producer, 0);
    watch(kafka);
}

static rd_kafka_resp_err_t kafka_produce(struct kafka_sink *kafka,
                                         const struct sink_message *message)
{
    // The value and the key are copied, so neither is written to in spite of its type.
    if (rd_kafka_produce(kafka->topics[message->topic], RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                         (void *)(uintptr_t)message->value, message->value_bytes, message->key,
                         message->key_bytes, (void *)(uintptr_t)message->sequence) == 0) {
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    return rd_kafka_last_error();
}

static size_t kafka_write(struct sink *sink, const struct sink_message *messages, size_t count)
{
    struct kafka_sink *kafka = (struct kafka_sink *)sink;
    bool waited = false;
    size_t done = 0;
    while (done < count) {
        rd_kafka_resp_err_t code = kafka_produce(kafka, &messages[done]);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            kafka->in_flight++;
        } else if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            sink_drop(sink, messages[done].sequence, cause_of(code), "topic %s: %s",
                      rd_kafka_topic_name(kafka->topics[messages[done].topic]),
                      rd_kafka_err2str(code));
        } else if (waited) {
            break;
        } else {
            rd_kafka_poll(kafka->producer, SINK_WAIT_MS);
            waited = true;
            continue;
        }
        done++;
    }
    kafka_serve(sink);
    return done;
}

static bool kafka_flush(struct sink *sink, int timeout_ms)
{
    struct kafka_sink *kafka = (struct kafka_sink *)sink;
    rd_kafka_flush(kafka->producer, timeout_ms);
    watch(kafka);
    return kafka->in_flight == 0 || sink->abandoned != EXPORT_DELIVERED;
}

static void kafka_abandon(struct sink *sink)
{
    struct kafka_sink *kafka = (struct kafka_sink *)sink;
    rd_kafka_purge(kafka->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    int64_t until_us = clock_monotonic_us() + PURGE_US;
    while (kafka->in_flight > 0 && clock_monotonic_us() < until_us) {
        rd_kafka_poll(kafka->producer, SINK_WAIT_MS);
    }
}

static const char *kafka_address(const struct sink *sink)
{
    const struct kafka_sink *kafka = (const struct kafka_sink *)sink;
    rd_kafka_mock_cluster_t *embedded = rd_kafka_handle_mock_cluster(kafka->producer);
    return embedded == NULL ? NULL : rd_kafka_mock_cluster_bootstraps(embedded);
}

const struct sink_operations kafka_sink_operations = {
    .scheme = "kafka",
    .open = kafka_open,
    .write = kafka_write,
    .serve = kafka_serve,
    .flush = kafka_flush,
    .abandon = kafka_abandon,
    .address = kafka_address,
    .close = kafka_close,
};
