// SPDX-License-Identifier: Apache-2.0
// What librdkafka gives up, the sink does not. A record that comes back with an error is copied and
// held. While records are held, or a topic is sick (it has refused a record and not taken one
// since), nothing new is taken, so that the order in which a key's records were handed over stays.
// When librdkafka has nothing left, the held are put in that order and sent again, after a pause
// that grows. A simpler way, to let each record that comes back go again at once, would put it
// behind its successors.
//
// A producer cannot always go on: an idempotent one that has lost the broker's trust says so once
// ("fatal") and refuses everything; and the size of its batches, which librdkafka does not split
// when a broker finds them too large, is fixed. Then it is renewed: what it has queued is taken
// back, what it has sent gets a while to be answered, since a record sent again by another producer
// may be there twice; then a fresh one takes its place. A refused record that is larger than a
// batch may be was alone, so that it is the record that is too large; any other goes again in
// batches a quarter as large. So batches end below what the topic takes, and stay there.
//
// A refusal costs librdkafka a tenth of a second, since the sequence numbers begin anew. So a size
// that a topic has refused by itself is remembered, and what is queued is taken back and sifted for
// more.
//
// Deliveries are progress. None for the configured time, though there are records to deliver, and
// the sink gives up for good: it hands back the octets of all it has, in order.
#include "export/sink/kafka_state.h"

#include <stdio.h>

#include "dataplane/base/clock.h"

enum {
    US_PER_MS = 1000,
    STALL_US = KAFKA_US_PER_S,
    NO_ANSWER_US = 5 * KAFKA_US_PER_S, // a stall this long, and nobody has said why
    PURGE_EVERY_US = 100 * US_PER_MS,
    ANSWER_US = 5 * KAFKA_US_PER_S,   // for what is on its way when a producer is renewed
    ABANDON_US = 10 * KAFKA_US_PER_S, // at most, for the reports of purged records to come in
    BATCH_PARTS = 4,                  // a batch shrinks to one of so many
};

bool kafka_is_stalled(const struct kafka_sink *kafka)
{
    int64_t now_us = clock_monotonic_us();
    bool waits = kafka_has_records(kafka) || kafka->topics.state != KAFKA_TOPICS_READY;
    return kafka->retry_us > now_us || (kafka_has_records(kafka) && kafka->sick != 0) ||
           (waits && !kafka->progress && now_us - kafka->watch_us > STALL_US);
}

static void give_up(struct kafka_sink *kafka, int64_t waited_us)
{
    bool refused =
        kafka->renewal != KAFKA_RENEWAL_NONE || kafka_trouble_is_refusal(&kafka->trouble);
    const char *reason =
        kafka->trouble.reason[0] != '\0' ? kafka->trouble.reason : "no reason known";
    char records[64] = "";
    if (kafka_has_records(kafka)) {
        snprintf(records, sizeof(records), "; %llu records were not delivered",
                 (unsigned long long)kafka->tickets.out + kafka->held.count);
    }
    sink_complain(&kafka->sink, SINK_COMPLAINT_LOSS, "%s within %gs%s: %s",
                  refused ? "the broker took no records" : "no broker answered",
                  (double)waited_us / KAFKA_US_PER_S, records, reason);
    sink_abandon(&kafka->sink, refused ? EXPORT_BROKER_REFUSED : EXPORT_BROKER_UNREACHABLE);
}

// Sees how the sink gets on: whether it recovered, why it is stalled, whether it has to give up.
static void watch(struct kafka_sink *kafka, int64_t now_us)
{
    if (kafka->topics.state == KAFKA_TOPICS_READY && kafka->renewal == KAFKA_RENEWAL_NONE) {
        kafka->blocked = false; // the caller may come again, or have put its records elsewhere
    }
    bool waits = kafka_has_records(kafka) || kafka->blocked;
    if (kafka->progress || !waits) {
        if (kafka->progress && kafka->sick == 0) {
            kafka_trouble_over(&kafka->trouble, now_us - kafka->watch_us, kafka->resent);
            kafka->resent = 0;
            kafka->pause_us = KAFKA_PAUSE_MIN_US;
        }
        kafka->progress = false;
        kafka->watch_us = now_us;
    } else if (now_us - kafka->watch_us > kafka->timeout_us) {
        give_up(kafka, kafka->timeout_us);
    } else if (now_us - kafka->watch_us > NO_ANSWER_US && !kafka->trouble.noted) {
        kafka_trouble_note(
            &kafka->trouble, SINK_TROUBLE_NO_ANSWER,
            "nothing has been acknowledged for %d s; check that the brokers are well "
            "and that as many replicas are in sync as min.insync.replicas asks for",
            NO_ANSWER_US / KAFKA_US_PER_S);
    }
}

// Hands the held to librdkafka again, as far as it takes them.
static void resend(struct kafka_sink *kafka)
{
    while (kafka->resending && kafka->held.count > 0) {
        const struct kafka_held_record *record = kafka_held_first(&kafka->held);
        rd_kafka_resp_err_t code = kafka_produce(kafka, &record->message, record->order);
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL ||
            (code != RD_KAFKA_RESP_ERR_NO_ERROR && kafka_refused(kafka, code, &record->message))) {
            return;
        }
        kafka_held_pop(&kafka->held);
    }
    kafka->resending = false;
}

// Puts a fresh producer in place when the old one has given back all it had.
static void renew(struct kafka_sink *kafka, int64_t now_us)
{
    if (kafka_producer_is_embedded(&kafka->producer)) {
        give_up(kafka, now_us - kafka->watch_us); // the broker would die with the producer
        return;
    }
    if (kafka->tickets.out > 0) {
        if (now_us >= kafka->purge_us) {
            int sent = now_us - kafka->renewal_us > ANSWER_US ? RD_KAFKA_PURGE_F_INFLIGHT : 0;
            rd_kafka_purge(kafka->producer.handle,
                           RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_NON_BLOCKING | sent);
            kafka->purge_us = now_us + PURGE_EVERY_US;
        }
        return;
    }
    int batch_bytes = kafka->producer.batch_bytes;
    if (kafka->renewal == KAFKA_RENEWAL_SMALLER) {
        batch_bytes = batch_bytes / BATCH_PARTS > 0 ? batch_bytes / BATCH_PARTS : 1;
        kafka->retry_us = 0;
        kafka_trouble_note(
            &kafka->trouble, SINK_TROUBLE_OTHER,
            "a topic's max.message.bytes is less than a batch; goes on with batches of "
            "at most %d octets",
            batch_bytes);
    } else if (kafka->renewal == KAFKA_RENEWAL_FATAL && now_us < kafka->retry_us) {
        return;
    }
    struct error err;
    kafka_topics_close(&kafka->topics);
    if (kafka_producer_replace(&kafka->producer, batch_bytes, &err) != 0 ||
        kafka_topics_open(&kafka->topics, kafka->producer.handle, &err) != 0) {
        kafka_trouble_note(&kafka->trouble, SINK_TROUBLE_OTHER, "no new producer: %s", err.text);
        kafka->retry_us = now_us + KAFKA_PAUSE_MAX_US;
        return;
    }
    kafka->renewal = KAFKA_RENEWAL_NONE;
    kafka->totals = (struct kafka_totals){0};
    kafka->retry_us = 0; // the next pause, should there be one, is longer
}

void kafka_advance(struct kafka_sink *kafka)
{
    int64_t now_us = clock_monotonic_us();
    if (kafka->sink.abandoned != EXPORT_DELIVERED) {
        return;
    }
    if (kafka->renewal != KAFKA_RENEWAL_NONE) {
        renew(kafka, now_us);
    } else if (kafka->topics.state != KAFKA_TOPICS_READY) {
        kafka_topics_serve(&kafka->topics, kafka->producer.handle, &kafka->trouble, now_us);
    } else if (kafka->resending) {
        resend(kafka);
    } else if (kafka->tickets.out == 0 && now_us >= kafka->retry_us) {
        kafka->retry_us = 0;
        kafka->trouble.told = 0;
        kafka->sick = kafka->held.count > 0 ? kafka->sick : 0;
        kafka->resending = kafka->held.count > 0;
        kafka_held_sort(&kafka->held);
        resend(kafka);
    }
    if (kafka->sink.abandoned == EXPORT_DELIVERED) {
        watch(kafka, now_us);
    }
}

// Settles the records of which no report came in time, without their octets.
static void forfeit(struct kafka_sink *kafka)
{
    kafka->deaf = true;
    kafka->out_bytes = 0;
    for (uint32_t i = 0; i < kafka->tickets.room && kafka->tickets.out > 0; i++) {
        if (kafka->tickets.tickets[i].out) {
            struct kafka_ticket ticket = kafka_ticket_return(&kafka->tickets, (void *)(uintptr_t)i);
            sink_drop(&kafka->sink, ticket.sequence, kafka->sink.abandoned, "given up");
        }
    }
}

void kafka_let_go(struct kafka_sink *kafka)
{
    int64_t now_us = clock_monotonic_us();
    int64_t until_us = now_us + ABANDON_US;
    // What is on its way is waited for, unless that has been in vain for longer already.
    int64_t answer_us = (kafka->progress ? now_us : kafka->watch_us) + ANSWER_US;
    for (; kafka->tickets.out > 0 && now_us < until_us; now_us = clock_monotonic_us()) {
        int sent = now_us >= answer_us ? RD_KAFKA_PURGE_F_INFLIGHT : 0;
        rd_kafka_purge(kafka->producer.handle,
                       RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_NON_BLOCKING | sent);
        rd_kafka_poll(kafka->producer.handle, SINK_WAIT_MS);
    }
    forfeit(kafka);
    if (kafka->resent > 0) {
        sink_complain(&kafka->sink, SINK_COMPLAINT_TROUBLE,
                      "%llu records were sent and not acknowledged; sent once more they may be "
                      "there twice",
                      (unsigned long long)kafka->resent);
        kafka->resent = 0;
    }
    kafka_held_sort(&kafka->held);
    while (kafka->held.count > 0) {
        sink_give_back(&kafka->sink, &kafka_held_first(&kafka->held)->message,
                       kafka->sink.abandoned);
        kafka_held_pop(&kafka->held);
    }
}
