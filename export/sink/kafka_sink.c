// SPDX-License-Identifier: Apache-2.0
// Records into Kafka through librdkafka, or into its mock cluster inside this process.
//
// librdkafka copies each record, batches, sends and retries in its own threads; what became of a
// record comes back as a delivery report, which rd_kafka_poll hands over in our thread. A full
// queue of librdkafka is back-pressure: nothing is dropped for it.
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/base/clock.h"
#include "export/sink/kafka_config.h"
#include "export/sink/kafka_state.h"
#include "export/sink/sink_kinds.h"

enum { US_PER_MS = 1000, FLUSH_STEP_MS = 100 };

static void kafka_close(struct sink *sink)
{
    struct kafka_sink *kafka = (struct kafka_sink *)sink;
    kafka_topics_fini(&kafka->topics);
    kafka_producer_fini(&kafka->producer);
    kafka_tickets_fini(&kafka->tickets);
    kafka_held_fini(&kafka->held);
    free(kafka);
}

static int parts_create(struct kafka_sink *kafka, const char *target, rd_kafka_conf_t *config,
                        const struct sink_options *options, struct error *err)
{
    rd_kafka_conf_set_opaque(config, kafka);
    rd_kafka_conf_set_dr_msg_cb(config, kafka_on_report);
    rd_kafka_conf_set_error_cb(config, kafka_on_error);
    rd_kafka_conf_set_stats_cb(config, kafka_on_statistics);
    rd_kafka_conf_set_log_cb(config, NULL); // what matters comes by on_error and on_report
    struct error reason;
    if (kafka_producer_init(&kafka->producer, config, &reason) != 0) {
        return error_set(err, -EINVAL, "sink 'kafka:%s': %s", target, reason.text);
    }
    counter_set(&kafka->queue.records_max, kafka->producer.queue_records);
    counter_set(&kafka->queue.bytes_max, kafka->producer.queue_bytes);
    int status = kafka_topics_init(&kafka->topics, options, err);
    return status != 0 ? status : kafka_topics_open(&kafka->topics, kafka->producer.handle, err);
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
    kafka->trouble.sink = &kafka->sink;
    kafka->pause_us = KAFKA_PAUSE_MIN_US;
    kafka->timeout_us = options->kafka_timeout_us;
    kafka->never_waits = options->never_waits;
    kafka->watch_us = clock_monotonic_us();
    int status = parts_create(kafka, target, config, options, err);
    if (status != 0) {
        kafka_close(&kafka->sink);
        return status;
    }
    *sink = &kafka->sink;
    return 0;
}

static bool kafka_stalled(const struct sink *sink)
{
    return kafka_is_stalled((const struct kafka_sink *)sink);
}

// Leaves for other threads how much is where.
static void queue_count(struct kafka_sink *kafka)
{
    counter_set(&kafka->queue.records, kafka->tickets.out);
    counter_set(&kafka->queue.bytes, kafka->out_bytes);
    counter_set(&kafka->queue.held_records, kafka->held.count);
    counter_set(&kafka->queue.held_bytes, kafka->held.bytes);
}

static void kafka_serve(struct sink *sink)
{
    struct kafka_sink *kafka = (struct kafka_sink *)sink;
    rd_kafka_poll(kafka->producer.handle, 0);
    kafka_advance(kafka);
    queue_count(kafka);
}

static bool takes_new(const struct kafka_sink *kafka)
{
    return kafka->held.count == 0 && kafka->sick == 0 && kafka->renewal == KAFKA_RENEWAL_NONE &&
           kafka->topics.state == KAFKA_TOPICS_READY;
}

static size_t kafka_write(struct sink *sink, const struct sink_message *messages, size_t count)
{
    struct kafka_sink *kafka = (struct kafka_sink *)sink;
    bool waited = false;
    size_t done = 0;
    if (!kafka_has_records(kafka) && !kafka->blocked) {
        kafka->watch_us = clock_monotonic_us(); // there was nothing to wait for
    }
    while (done < count && takes_new(kafka)) {
        rd_kafka_resp_err_t code = kafka_produce(kafka, &messages[done], kafka->order);
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            if (waited || kafka->never_waits) {
                break;
            }
            rd_kafka_poll(kafka->producer.handle, SINK_WAIT_MS);
            waited = true;
            continue;
        }
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && kafka_refused(kafka, code, &messages[done])) {
            kafka_hold(kafka, kafka->order, &messages[done]);
        }
        kafka->order++;
        done++;
    }
    kafka->blocked = count > 0 && done == 0;
    bool wait = kafka->blocked && !waited && !kafka->never_waits;
    rd_kafka_poll(kafka->producer.handle, wait ? SINK_WAIT_MS : 0);
    kafka_advance(kafka);
    queue_count(kafka);
    return done;
}

static bool kafka_flush(struct sink *sink, int timeout_ms)
{
    struct kafka_sink *kafka = (struct kafka_sink *)sink;
    int64_t until_us = clock_monotonic_us() + (int64_t)timeout_ms * US_PER_MS;
    kafka_serve(sink);
    while (kafka_has_records(kafka) && sink->abandoned == EXPORT_DELIVERED) {
        int64_t left_ms = (until_us - clock_monotonic_us()) / US_PER_MS;
        if (left_ms <= 0) {
            return false;
        }
        int step_ms = left_ms < FLUSH_STEP_MS ? (int)left_ms : FLUSH_STEP_MS;
        if (kafka->tickets.out > 0 && kafka->renewal == KAFKA_RENEWAL_NONE) {
            rd_kafka_flush(kafka->producer.handle, step_ms);
        } else {
            rd_kafka_poll(kafka->producer.handle, step_ms < SINK_WAIT_MS ? step_ms : SINK_WAIT_MS);
        }
        kafka_advance(kafka);
        queue_count(kafka);
    }
    return true;
}

static void kafka_abandon(struct sink *sink)
{
    struct kafka_sink *kafka = (struct kafka_sink *)sink;
    kafka_let_go(kafka);
    queue_count(kafka);
}

static const struct sink_queue *kafka_queue(const struct sink *sink)
{
    return &((const struct kafka_sink *)sink)->queue;
}

static const char *kafka_address(const struct sink *sink)
{
    const struct kafka_sink *kafka = (const struct kafka_sink *)sink;
    rd_kafka_mock_cluster_t *embedded = rd_kafka_handle_mock_cluster(kafka->producer.handle);
    return embedded == NULL ? NULL : rd_kafka_mock_cluster_bootstraps(embedded);
}

const struct sink_operations kafka_sink_operations = {
    .scheme = "kafka",
    .open = kafka_open,
    .write = kafka_write,
    .serve = kafka_serve,
    .flush = kafka_flush,
    .stalled = kafka_stalled,
    .abandon = kafka_abandon,
    .queue = kafka_queue,
    .address = kafka_address,
    .close = kafka_close,
};
