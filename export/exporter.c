// SPDX-License-Identifier: Apache-2.0
// Made, started, told to end, freed; exporter_run.c is what it does meanwhile.
#include "export/exporter.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "dataplane/base/clock.h"
#include "export/exporter_state.h"

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
    created->ring_bytes = config->ring_bytes;
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

int exporter_start(struct exporter *exporter, struct error *err)
{
    // Signals are the main thread's; a closed pipe is an error of write(2), not a SIGPIPE.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&exporter->thread, NULL, exporter_run, exporter);
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

bool exporter_has_room(const struct exporter *exporter, uint64_t kept)
{
    return exporter_waiting_bytes(exporter) + kept < exporter->ring_bytes;
}

void exporter_submit(struct exporter *exporter)
{
    struct record *record = ring_reserve(exporter->ring, 0);
    record->owned_bytes = (uint32_t)record_owned_bytes(record);
    counter_add(&exporter->submitted_bytes, record->owned_bytes);
    ring_submit(exporter->ring, 1);
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
