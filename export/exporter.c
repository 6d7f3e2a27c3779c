// SPDX-License-Identifier: Apache-2.0
#include "export/exporter.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "dataplane/base/clock.h"
#include "dataplane/base/cpu.h"
#include "export/batch.h"
#include "export/ledger.h"

enum {
    IDLE_MIN_US = 50,
    IDLE_MAX_US = 1000, // what an idle exporter may add to a record's way
    FLUSH_MS = 100,     // between two looks at the clock
};

struct exporter {
    struct ring *ring;
    struct ledger *ledger;
    struct sink *sinks[EXPORTER_SINKS_MAX];
    size_t sink_count;
    size_t last;                                 // the sink that is given records after all others
    enum encoding encodings[EXPORTER_SINKS_MAX]; // of each sink
    // The same records in each encoding that a sink wants; NULL where none does.
    struct batch *batches[ENCODING_COUNT];
    uint64_t sequence;
    counter records[RECORD_TYPE_COUNT];
    struct notices notices;
    pthread_t thread;
    bool expired;              // expire_us has passed, and the sinks have been abandoned
    _Atomic int64_t expire_us; // INT64_MAX: never
    // Nothing more will be submitted. Its release pairs with the thread's acquire, so that a thread
    // which sees it also sees every record submitted before.
    atomic_bool drain;
    atomic_bool reopen;  // asked for, and not yet done
    atomic_bool drained; // by the thread, when it has nothing more to do
};

static void on_settle(void *context, uint64_t sequence, enum export_cause cause,
                      const struct sink_message *message)
{
    (void)message; // nobody here can keep it
    ledger_settle(((struct exporter *)context)->ledger, sequence, cause);
}

static bool on_lost(void *context, uint64_t sequence)
{
    return ledger_is_lost(((struct exporter *)context)->ledger, sequence);
}

static void on_complain(void *context, enum sink_complaint kind, const char *text)
{
    notices_put(&((struct exporter *)context)->notices, kind, text);
}

// Allocates what does not depend on the sinks.
static int parts_create(struct exporter *exporter, const struct exporter_config *config,
                        struct error *err)
{
    exporter->ledger = ledger_create(err);
    if (exporter->ledger == NULL) {
        return -ENOMEM;
    }
    exporter->ring = ring_create(sizeof(struct record), config->ring_slots, err);
    return exporter->ring != NULL ? 0 : -EINVAL;
}

// A batch for each encoding that the sinks want.
static int batches_create(struct exporter *exporter, const struct exporter_config *config,
                          struct error *err)
{
    uint64_t run = 0;
    if (getrandom(&run, sizeof(run), 0) != sizeof(run)) {
        return error_set(err, -errno, "no random number for the run: %s", strerror(errno));
    }
    int status = 0;
    for (size_t i = 0; i < exporter->sink_count && status == 0; i++) {
        enum encoding encoding = sink_encoding(exporter->sinks[i], config->encoding);
        exporter->encodings[i] = encoding;
        if (exporter->batches[encoding] != NULL) {
            continue;
        }
        struct batch *batch = calloc(1, sizeof(*batch));
        exporter->batches[encoding] = batch;
        status = batch != NULL ? batch_init(batch, encoding, config->sensor, run, err)
                               : error_set(err, -ENOMEM, "no memory to encode records");
    }
    return status;
}

enum sink_class { SINKS_WITHOUT_THREADS, SINKS_OF_KAFKA };

static enum sink_class sink_class(const char *address)
{
    return strncmp(address, "kafka:", 6) == 0 ? SINKS_OF_KAFKA : SINKS_WITHOUT_THREADS;
}

static size_t kafka_sinks(const struct exporter_config *config)
{
    size_t count = 0;
    for (size_t i = 0; i < config->sink_count; i++) {
        count += sink_class(config->sinks[i]) == SINKS_OF_KAFKA;
    }
    return count;
}

// Opens the sinks of one class, each in the place it has in the configuration.
static int sinks_open(struct exporter *exporter, const struct exporter_config *config,
                      enum sink_class class, struct error *err)
{
    struct sink_events events = {on_settle, on_lost, on_complain, exporter};
    int status = 0;
    for (size_t i = 0; i < config->sink_count && status == 0; i++) {
        if (sink_class(config->sinks[i]) == class) {
            struct sink **sink = &exporter->sinks[i];
            status = sink_open(config->sinks[i], &config->sink_options, &events, sink, err);
            if (status == 0 && sink_spool(*sink) != NULL) {
                exporter->last = i;
            }
        }
    }
    return status;
}

int exporter_create(const struct exporter_config *config, struct exporter **exporter,
                    struct error *err)
{
    if (config->sink_count == 0 || config->sink_count > EXPORTER_SINKS_MAX) {
        return error_set(err, -EINVAL, "%zu sinks: expected 1 to %d", config->sink_count,
                         EXPORTER_SINKS_MAX);
    }
    if (config->sink_options.spool != NULL && kafka_sinks(config) > 1) {
        return error_set(err, -EINVAL,
                         "export.spool.directory: records of one Kafka output can wait there; got "
                         "%zu outputs",
                         kafka_sinks(config));
    }
    struct exporter *created = calloc(1, sizeof(*created));
    if (created == NULL) {
        return error_set(err, -ENOMEM, "no memory for the exporter");
    }
    notices_init(&created->notices);
    atomic_store_explicit(&created->expire_us, INT64_MAX, memory_order_relaxed);
    created->sink_count = config->sink_count;
    int status = parts_create(created, config, err);
    if (status == 0) {
        status = sinks_open(created, config, SINKS_WITHOUT_THREADS, err);
    }
    if (status == 0 && config->before_threads != NULL) {
        status = config->before_threads(config->context, err);
    }
    if (status == 0) {
        status = sinks_open(created, config, SINKS_OF_KAFKA, err);
    }
    if (status == 0) {
        status = batches_create(created, config, err);
    }
    if (status != 0) {
        exporter_free(created);
        return status;
    }
    *exporter = created;
    return 0;
}

void exporter_free(struct exporter *exporter)
{
    if (exporter == NULL) {
        return;
    }
    for (size_t i = 0; i < exporter->sink_count; i++) {
        sink_close(exporter->sinks[i]);
    }
    ring_free(exporter->ring);
    ledger_free(exporter->ledger);
    for (size_t encoding = 0; encoding < ENCODING_COUNT; encoding++) {
        if (exporter->batches[encoding] != NULL) {
            batch_fini(exporter->batches[encoding]);
            free(exporter->batches[encoding]);
        }
    }
    notices_fini(&exporter->notices);
    free(exporter);
}

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
    for (size_t i = 0; i < count; i++) {
        record_release((struct record *)ring_peek(exporter->ring, i));
    }
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

static void *run(void *context)
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

int exporter_start(struct exporter *exporter, struct error *err)
{
    // Signals are the main thread's; a closed pipe is an error of write(2), not a SIGPIPE.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&exporter->thread, NULL, run, exporter);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status != 0) {
        return error_set(err, -status, "the export thread cannot be started: %s", strerror(status));
    }
    return 0;
}

struct ring *exporter_ring(struct exporter *exporter)
{
    return exporter->ring;
}

void exporter_limit(struct exporter *exporter, int64_t timeout_us)
{
    int64_t expire_us = clock_monotonic_us() + timeout_us;
    atomic_store_explicit(&exporter->expire_us, expire_us, memory_order_relaxed);
}

void exporter_reopen(struct exporter *exporter)
{
    atomic_store_explicit(&exporter->reopen, true, memory_order_relaxed);
}

void exporter_drain(struct exporter *exporter)
{
    atomic_store_explicit(&exporter->drain, true, memory_order_release);
}

bool exporter_drained(const struct exporter *exporter)
{
    return atomic_load_explicit(&exporter->drained, memory_order_acquire);
}

int exporter_finish(struct exporter *exporter)
{
    exporter_drain(exporter);
    pthread_join(exporter->thread, NULL);
    return exporter->expired ? -ETIMEDOUT : 0;
}

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

bool exporter_complaint(struct exporter *exporter, struct notice *notice)
{
    return notices_take(&exporter->notices, notice);
}

size_t exporter_sink_count(const struct exporter *exporter)
{
    return exporter->sink_count;
}

const struct sink *exporter_sink(const struct exporter *exporter, size_t index)
{
    return exporter->sinks[index];
}
