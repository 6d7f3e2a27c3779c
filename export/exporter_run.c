// SPDX-License-Identifier: Apache-2.0
// The export thread.
#include <errno.h>

#include "dataplane/base/clock.h"
#include "dataplane/base/cpu.h"
#include "export/exporter_state.h"

enum {
    IDLE_MIN_US = 50,
    IDLE_MAX_US = 1000, // what an idle exporter may add to a record's way
    FLUSH_MS = 100,     // between two looks at the clock
};

// A record that no buffer of ours can hold: it reaches no sink.
static void record_refuse(struct exporter *exporter, const struct record *record)
{
    struct error message;
    error_set(&message, 0, "a %s record does not fit %d octets and is dropped",
              record_types[record->type].name, BATCH_TEXT_BYTES);
    notices_put(&exporter->notices, SINK_COMPLAINT_LOSS, message.text);
    uint64_t name = ledger_next(exporter->ledger);
    ledger_open(exporter->ledger, 1);
    ledger_settle(exporter->ledger, name, EXPORT_RECORD_TOO_LARGE);
}

// Encodes a record in every encoding. As batch_add; all batches hold the same records.
static int record_encode(struct exporter *exporter, const struct record *record)
{
    for (size_t encoding = 0; encoding < ENCODING_COUNT; encoding++) {
        struct batch *batch = exporter->batches[encoding];
        int status = batch != NULL ? batch_add(batch, record, ledger_next(exporter->ledger)) : 0;
        if (status == 0) {
            continue;
        }
        while (encoding > 0) {
            batch = exporter->batches[--encoding];
            if (batch != NULL) {
                batch_undo(batch);
            }
        }
        return status;
    }
    return 0;
}

// Encodes what waits in the ring, as far as there is room; returns how many slots of the ring that
// covers. They stay taken, since the batch points there.
static size_t records_encode(struct exporter *exporter)
{
    size_t records = 0;
    struct record *record;
    while (ledger_has_room(exporter->ledger) &&
           (record = (struct record *)ring_peek(exporter->ring, records)) != NULL) {
        record->sequence = exporter->sequence;
        record_identify(record);
        int status = record_encode(exporter, record);
        if (status == -EAGAIN) {
            break;
        }
        if (status == 0) {
            ledger_open(exporter->ledger, (unsigned)exporter->sink_count);
        } else {
            record_refuse(exporter, record);
        }
        counter_add(&exporter->records[record->type], 1);
        exporter->sequence++;
        records++;
    }
    return records;
}

static void records_release(struct exporter *exporter, size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        struct record *record = ring_peek(exporter->ring, i);
        bytes += record->owned_bytes;
        record_release(record);
    }
    counter_add(&exporter->released_bytes, bytes);
    ring_release(exporter->ring, count);
}

// Abandons the sinks when the time to finish is over: they then settle everything at once.
static void expire(struct exporter *exporter)
{
    int64_t expire_us = atomic_load_explicit(&exporter->expire_us, memory_order_relaxed);
    if (exporter->expired || expire_us == INT64_MAX || clock_monotonic_us() < expire_us) {
        return;
    }
    exporter->expired = true;
    notices_put(&exporter->notices, SINK_COMPLAINT_TROUBLE,
                "the time to shut down is over: records still on their way are dropped, or stay "
                "in the spool");
    for (size_t i = 0; i < exporter->sink_count; i++) {
        sink_abandon(exporter->sinks[i], EXPORT_SHUTDOWN_TIMEOUT);
    }
}

// Does what other threads ask for.
static void heed(struct exporter *exporter)
{
    expire(exporter);
    if (atomic_load_explicit(&exporter->reopen, memory_order_relaxed) &&
        atomic_exchange_explicit(&exporter->reopen, false, memory_order_relaxed)) {
        for (size_t i = 0; i < exporter->sink_count; i++) {
            sink_reopen(exporter->sinks[i]);
        }
    }
}

// Hands one sink what it has not yet taken of the batch's first `limit` messages; returns how many
// it has taken in all.
static size_t sink_feed(struct sink *sink, const struct batch *batch, size_t taken, size_t limit)
{
    if (taken < limit) {
        return taken + sink_write(sink, batch->messages + taken, limit - taken);
    }
    sink_serve(sink);
    return taken;
}

// Hands the batch to every sink, at the pace of the slowest. The one with a spool is given only
// what the others are done with: it must know what they dropped.
static void batch_write(struct exporter *exporter)
{
    size_t count = exporter->batches[exporter->encodings[0]]->count;
    size_t taken[EXPORTER_SINKS_MAX] = {0};
    size_t done = 0;
    while (done < count) {
        done = count;
        for (size_t i = 0; i < exporter->sink_count; i++) {
            size_t place = (exporter->last + 1 + i) % exporter->sink_count;
            const struct batch *batch = exporter->batches[exporter->encodings[place]];
            taken[place] = sink_feed(exporter->sinks[place], batch, taken[place], done);
            done = taken[place] < done ? taken[place] : done;
        }
        heed(exporter);
    }
    for (size_t encoding = 0; encoding < ENCODING_COUNT; encoding++) {
        if (exporter->batches[encoding] != NULL) {
            batch_clear(exporter->batches[encoding]);
        }
    }
}

// Waits until every sink has settled everything.
static void flush(struct exporter *exporter)
{
    for (bool all = false; !all; heed(exporter)) {
        all = true;
        for (size_t i = 0; i < exporter->sink_count; i++) {
            all = sink_flush(exporter->sinks[i], FLUSH_MS) && all;
        }
    }
}

void *exporter_run(void *context)
{
    struct exporter *exporter = context;
    cpu_thread_name("weir-export");
    int64_t idle_us = IDLE_MIN_US;
    for (;;) {
        bool drain = atomic_load_explicit(&exporter->drain, memory_order_acquire);
        size_t records = records_encode(exporter);
        if (records > 0) {
            batch_write(exporter);
            records_release(exporter, records);
            idle_us = IDLE_MIN_US;
            continue;
        }
        for (size_t i = 0; i < exporter->sink_count; i++) {
            sink_serve(exporter->sinks[i]);
        }
        heed(exporter);
        if (drain && ring_peek(exporter->ring, 0) == NULL) {
            break;
        }
        clock_sleep_us(idle_us);
        idle_us = idle_us * 2 < IDLE_MAX_US ? idle_us * 2 : IDLE_MAX_US;
    }
    flush(exporter);
    atomic_store_explicit(&exporter->drained, true, memory_order_release);
    return NULL;
}
