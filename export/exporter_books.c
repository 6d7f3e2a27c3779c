// SPDX-License-Identifier: Apache-2.0
// What can be asked of the exporter while it runs.
#include "dataplane/base/clock.h"
#include "export/exporter_state.h"

// Adds what became of a sink's records after they had been booked as spooled.
static void unspooled_book(const struct sink *sink, struct exporter_books *books)
{
    books->delivered += counter_read(&sink->unspooled[EXPORT_DELIVERED]);
    books->spooled -= counter_read(&sink->unspooled[EXPORT_DELIVERED]);
    for (size_t cause = EXPORT_DROP_FIRST; cause < EXPORT_CAUSE_COUNT; cause++) {
        books->drops[cause] += counter_read(&sink->unspooled[cause]);
        books->spooled -= counter_read(&sink->unspooled[cause]);
    }
}

static void spool_book(const struct spool_counts *counts, struct exporter_spool *spool)
{
    spool->found += counter_read(&counts->appended[SPOOL_FOUND]);
    spool->bytes += counter_read(&counts->bytes);
    spool->damaged_bytes += counter_read(&counts->damaged_bytes);
    for (size_t i = 0; i < SPOOL_ORIGINS; i++) {
        spool->appended += i == SPOOL_FOUND ? 0 : counter_read(&counts->appended[i]);
        spool->settled += counter_read(&counts->settled[i]);
        spool->dropped += counter_read(&counts->overflowed[i]) + counter_read(&counts->damaged[i]);
        spool->held += counter_read(&counts->held[i]);
    }
}

void exporter_books(const struct exporter *exporter, struct exporter_books *books)
{
    const struct ledger_counts *counts = ledger_counts(exporter->ledger);
    *books = (struct exporter_books){
        .delivered = counter_read(&counts->settled[EXPORT_DELIVERED]),
        .in_flight = counter_read(&counts->in_flight),
        .spooled = counter_read(&counts->settled[EXPORT_SPOOLED]),
    };
    for (size_t i = 0; i < RECORD_TYPE_COUNT; i++) {
        books->records[i] = counter_read(&exporter->records[i]);
    }
    for (size_t cause = EXPORT_DROP_FIRST; cause < EXPORT_CAUSE_COUNT; cause++) {
        books->drops[cause] = counter_read(&counts->settled[cause]);
    }
    for (size_t i = 0; i < exporter->sink_count; i++) {
        const struct sink *sink = exporter->sinks[i];
        unspooled_book(sink, books);
        if (sink_spool(sink) != NULL) {
            spool_book(sink_spool(sink), &books->spool);
        }
        for (size_t trouble = 0; trouble < SINK_TROUBLE_COUNT; trouble++) {
            books->troubles[trouble] += counter_read(&sink_troubles(sink)[trouble]);
        }
    }
}

static uint64_t age_us(int64_t since_us)
{
    int64_t now_us = clock_wall_us();
    return since_us != 0 && since_us < now_us ? (uint64_t)(now_us - since_us) : 0;
}

// The queues of several outputs are added up.
static void kafka_gauge(const struct sink_queue *queue, struct exporter_kafka *kafka)
{
    uint64_t p99_us = counter_read(&queue->round_trip_p99_us);
    kafka->records += counter_read(&queue->records);
    kafka->records_max += counter_read(&queue->records_max);
    kafka->bytes += counter_read(&queue->bytes);
    kafka->bytes_max += counter_read(&queue->bytes_max);
    kafka->held_records += counter_read(&queue->held_records);
    kafka->held_bytes += counter_read(&queue->held_bytes);
    kafka->sent_records += counter_read(&queue->sent_records);
    kafka->brokers_up += counter_read(&queue->brokers_up);
    kafka->round_trips += counter_read(&queue->round_trips);
    kafka->round_trip_us += counter_read(&queue->round_trip_us);
    kafka->round_trip_p99_us =
        p99_us > kafka->round_trip_p99_us ? p99_us : kafka->round_trip_p99_us;
    kafka->retries += counter_read(&queue->retries);
    kafka->timeouts += counter_read(&queue->timeouts);
    kafka->errors += counter_read(&queue->errors);
}

void exporter_gauges(const struct exporter *exporter, struct exporter_gauges *gauges)
{
    *gauges = (struct exporter_gauges){
        .ring_bytes = exporter_waiting_bytes(exporter),
        .ring_bytes_max = exporter->ring_bytes,
    };
    for (size_t i = 0; i < exporter->sink_count; i++) {
        const struct spool_counts *spool = sink_spool(exporter->sinks[i]);
        const struct sink_queue *queue = sink_queue(exporter->sinks[i]);
        if (spool != NULL) {
            gauges->spool_age_us = age_us((int64_t)counter_read(&spool->oldest_us));
        }
        if (queue != NULL) {
            kafka_gauge(queue, &gauges->kafka);
        }
    }
}
