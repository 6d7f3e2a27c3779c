// SPDX-License-Identifier: Apache-2.0
// What the files of the Kafka sink share; for them only. All is of the sink's one thread.
#ifndef WEIR_SINK_KAFKA_STATE_H
#define WEIR_SINK_KAFKA_STATE_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "export/sink/kafka_held.h"
#include "export/sink/kafka_producer.h"
#include "export/sink/kafka_statistics.h"
#include "export/sink/kafka_tickets.h"
#include "export/sink/kafka_topics.h"
#include "export/sink/kafka_trouble.h"
#include "export/sink/sink.h"

enum {
    KAFKA_US_PER_S = 1000000,
    KAFKA_PAUSE_MIN_US = KAFKA_US_PER_S, // between two attempts at what was refused
    KAFKA_PAUSE_MAX_US = 10 * KAFKA_US_PER_S,
};

// Why the producer has to be renewed: it refuses everything, its batches are too large, or what it
// has queued has to be sifted for records that are.
enum kafka_renewal {
    KAFKA_RENEWAL_NONE,
    KAFKA_RENEWAL_FATAL,
    KAFKA_RENEWAL_SMALLER,
    KAFKA_RENEWAL_SIFT,
};

// What a topic has found too large by itself, so that what is no smaller need not be tried at once:
// a refusal costs librdkafka a tenth of a second.
struct kafka_too_large {
    uint32_t octets;  // 0: nothing is known
    int64_t until_us; // then it is tried again
};

struct kafka_sink {
    struct sink sink;
    struct kafka_producer producer;
    struct kafka_topics topics;
    struct kafka_tickets tickets; // of what is in flight
    struct kafka_held held;
    struct kafka_trouble trouble;
    struct sink_queue queue;
    struct kafka_totals totals; // of the present producer, as last told
    uint64_t out_bytes;         // of the records in flight
    struct kafka_too_large too_large[RECORD_TOPIC_COUNT];
    uint64_t order; // of the next record
    uint64_t resent;
    enum kafka_renewal renewal;
    int64_t purge_us;   // when to purge next, while there is a renewal
    int64_t renewal_us; // when it began
    unsigned sick;      // a bit for each topic
    bool resending;     // the held are on their way back to librdkafka
    bool progress;      // a record was delivered since watch_us was set
    bool blocked;       // the caller has come with records, and none could be taken
    bool deaf;          // reports come too late
    bool never_waits;   // kafka_write does not, for room in librdkafka's queue
    int64_t retry_us;   // nothing is sent again before; 0: there is no pause
    int64_t pause_us;   // how long the next pause is
    int64_t watch_us;   // when there was progress last, or nothing to deliver
    int64_t timeout_us;
};

static inline bool kafka_has_records(const struct kafka_sink *kafka)
{
    return kafka->tickets.out > 0 || kafka->held.count > 0;
}

// librdkafka's callbacks, called inside rd_kafka_poll and rd_kafka_flush; `opaque` is the sink.
void kafka_on_report(rd_kafka_t *producer, const rd_kafka_message_t *report, void *opaque);
void kafka_on_error(rd_kafka_t *producer, int code, const char *reason, void *opaque);

int kafka_on_statistics(rd_kafka_t *producer, char *json, size_t bytes, void *opaque);

// Hands one record to librdkafka, if topics and producer are fit to take it. NO_ERROR, or
// QUEUE_FULL, or what to tell kafka_refused.
rd_kafka_resp_err_t kafka_produce(struct kafka_sink *kafka, const struct sink_message *message,
                                  uint64_t order);

// A record was refused: drops it where it is too large by itself; else its topic is sick and the
// caller has to hold the record. Whether it has to.
bool kafka_refused(struct kafka_sink *kafka, rd_kafka_resp_err_t code,
                   const struct sink_message *message);

// Keeps a copy, to be sent again or handed back.
void kafka_hold(struct kafka_sink *kafka, uint64_t order, const struct sink_message *message);

// Does what is due: sends the held again, renews the producer, has topics made, gives up.
void kafka_advance(struct kafka_sink *kafka);

// Whether nothing has been delivered for a while, or cannot be at present.
bool kafka_is_stalled(const struct kafka_sink *kafka);

// Settles all that is in flight or held for the cause that the sink was abandoned for; may take
// some seconds where librdkafka does not let go of it.
void kafka_let_go(struct kafka_sink *kafka);

#endif
