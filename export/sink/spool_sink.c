// SPDX-License-Identifier: Apache-2.0
// A spool in front of another sink, the far one: what that cannot take now waits on disk.
//
// Live records go straight to the far sink as long as it takes them. When it has stalled, when its
// queue is full and whoever makes the records cannot wait, or when it gives a record back, they are
// spooled. When it takes records again, the spool is sent in order beside the live ones, at a
// limited rate.
//
// Records of one key stay in order although they go two ways: a live record whose key may still be
// in the spool goes behind it, into the spool. Whether it may be there is a table of the newest
// segment that holds a key with this hash; a segment is gone when all its records are. A hash that
// collides costs a detour, nothing else. So that these detours cannot keep the spool from
// shrinking, each of them lets one record more be sent.
//
// What the far sink knows a record by tells the ways apart: a live record by its sequence, one from
// the spool by its place there, with the top bit set.
#include <errno.h>
#include <stdlib.h>

#include "dataplane/base/clock.h"
#include "export/sink/sink_kinds.h"
#include "export/sink/spool_state.h"

enum {
    RECORD_EXTRA = 32, // octets that a spool adds to a record, about
    WAIT_US = 1000,    // while there is something to send and it cannot be sent
};

static void settle_spooled(struct spool_sink *spooling, uint64_t name, enum export_cause cause)
{
    // Also where the far sink has lost its octets: the spool has them.
    if (cause != EXPORT_DELIVERED && cause != EXPORT_RECORD_TOO_LARGE) {
        spool_return(spooling->spool, name & SPOOLING_PLACE);
        return;
    }
    spool_settle(spooling->spool, name & SPOOLING_PLACE);
    if ((name & SPOOLING_COUNTED) != 0) {
        counter_add(&spooling->sink.unspooled[cause], 1);
    }
}

// One live record less is in flight. Only the sum of their octets is known, so `bytes` may be off;
// it comes right when none is left.
static void live_subtract(struct spool_sink *spooling, uint64_t bytes)
{
    spooling->live--;
    bool less = spooling->live == 0 || bytes > spooling->live_bytes;
    spooling->live_bytes = less ? 0 : spooling->live_bytes - bytes;
}

static void on_settle(void *context, uint64_t sequence, enum export_cause cause,
                      const struct sink_message *message)
{
    struct spool_sink *spooling = context;
    if ((sequence & SPOOLING_FROM_SPOOL) != 0) {
        settle_spooled(spooling, sequence, cause);
        return;
    }
    live_subtract(spooling, spooling->live_bytes / spooling->live);
    if (cause >= EXPORT_DROP_FIRST && message != NULL) {
        spooling_append(spooling, message);
    } else {
        sink_settle(&spooling->sink, sequence, cause, NULL);
    }
}

static void on_complain(void *context, enum sink_complaint complaint, const char *text)
{
    const struct sink_events *events = &((struct spool_sink *)context)->sink.events;
    events->complain(events->context, complaint, text);
}

// Whether a live record must go behind what is in the spool.
static bool is_behind(struct spool_sink *spooling, const struct sink_message *message)
{
    uint64_t newest = *spooling_newest(spooling, message->key, message->key_bytes);
    return newest > spool_oldest_segment(spooling->spool);
}

// How many of the messages can go straight, counted from the first.
static size_t straight(struct spool_sink *spooling, const struct sink_message *messages,
                       size_t count)
{
    if (spooling_stalled(spooling)) {
        return 0;
    }
    if (spool_is_empty(spooling->spool)) {
        return count;
    }
    size_t run = 0;
    while (run < count && !is_behind(spooling, &messages[run])) {
        run++;
    }
    return run;
}

static uint64_t message_bytes(const struct sink_message *message)
{
    return (uint64_t)message->key_bytes + message->value_bytes + RECORD_EXTRA;
}

static size_t straight_write(struct spool_sink *spooling, const struct sink_message *messages,
                             size_t count)
{
    // Counted before they are handed over: the far sink may settle within the call.
    for (size_t i = 0; i < count; i++) {
        spooling->live_bytes += message_bytes(&messages[i]);
    }
    spooling->live += count;
    size_t taken = count > 0 ? sink_write(spooling->far, messages, count) : 0;
    for (size_t i = taken; i < count; i++) {
        live_subtract(spooling, message_bytes(&messages[i]));
    }
    return taken;
}

// Whether the maker of records is to wait rather than have them spooled, or dropped.
static bool waits(const struct spool_sink *spooling)
{
    return spooling->pressure == SINK_PRESSURE_WAITS && !spooling->kept;
}

static bool is_patient(const struct spool_sink *spooling)
{
    return waits(spooling) && clock_monotonic_us() - spooling->moved_us < spooling->patience_us;
}

static size_t live_write(struct spool_sink *spooling, const struct sink_message *messages,
                         size_t count)
{
    size_t done = 0;
    while (done < count) {
        size_t run = straight(spooling, messages + done, count - done);
        size_t taken = straight_write(spooling, messages + done, run);
        done += taken;
        if (taken < run && waits(spooling) && !spooling_stalled(spooling)) {
            break;
        }
        if (done < count && taken == run) {
            run = 1; // the one that cannot go straight; or all that the far sink did not take
        } else {
            run -= taken;
        }
        for (; run > 0 && done < count; run--) {
            if (is_patient(spooling) && !spooling_has_room(spooling, &messages[done])) {
                return done;
            }
            spooling_append(spooling, &messages[done]);
            done++;
        }
    }
    return done;
}

static void serve(struct spool_sink *spooling)
{
    if (!sink_stalled(spooling->far)) {
        spooling->moved_us = clock_monotonic_us();
    }
    spooling_write(spooling);
}

static size_t spool_sink_write(struct sink *sink, const struct sink_message *messages, size_t count)
{
    struct spool_sink *spooling = (struct spool_sink *)sink;
    spooling_pump(spooling); // first: what is left of the queue's room is the live records'
    size_t done = live_write(spooling, messages, count);
    sink_serve(spooling->far);
    serve(spooling);
    return done;
}

static void spool_sink_serve(struct sink *sink)
{
    struct spool_sink *spooling = (struct spool_sink *)sink;
    sink_serve(spooling->far);
    spooling_pump(spooling);
    serve(spooling);
}

static void spool_sink_keep(struct sink *sink)
{
    struct spool_sink *spooling = (struct spool_sink *)sink;
    if (spooling->kept) {
        return;
    }
    spooling->kept = true;
    spooling_write(spooling);
    spool_append_in_front(spooling->spool);
    sink_abandon(spooling->far, EXPORT_SHUTDOWN_TIMEOUT);
    spooling_write(spooling);
    spool_append_behind(spooling->spool);
}

// No live records come any more: the spool is sent as fast as it goes. Done when all is delivered,
// or when the far sink has taken nothing for as long as we are patient, and the rest stays.
static bool spool_sink_flush(struct sink *sink, int timeout_ms)
{
    struct spool_sink *spooling = (struct spool_sink *)sink;
    if (!spooling->flushing) {
        spooling->flushing = true;
        spooling->moved_us = clock_monotonic_us(); // from now on there is nothing else to do
    }
    spooling_send(spooling, SIZE_MAX);
    bool flushed = false;
    if (spool_held(spooling->spool) == spool_in_flight(spooling->spool)) {
        flushed = sink_flush(spooling->far, timeout_ms);
    } else {
        clock_sleep_us(WAIT_US); // for room in the far sink's queue, or for the far end
        sink_serve(spooling->far);
    }
    serve(spooling);
    if (spooling_stalled(spooling) &&
        clock_monotonic_us() - spooling->moved_us >= spooling->patience_us) {
        spool_sink_keep(sink);
    }
    return spooling->kept || (flushed && spool_is_empty(spooling->spool));
}

static bool spool_sink_stalled(const struct sink *sink)
{
    return spooling_stalled((const struct spool_sink *)sink);
}

static const struct spool_counts *spool_sink_spool(const struct sink *sink)
{
    return spool_counts(((const struct spool_sink *)sink)->spool);
}

static const counter *spool_sink_troubles(const struct sink *sink)
{
    return sink_troubles(((const struct spool_sink *)sink)->far);
}

static const struct sink_queue *spool_sink_queue(const struct sink *sink)
{
    return sink_queue(((const struct spool_sink *)sink)->far);
}

static const char *spool_sink_address(const struct sink *sink)
{
    return sink_address(((const struct spool_sink *)sink)->far);
}

static void spool_sink_close(struct sink *sink)
{
    struct spool_sink *spooling = (struct spool_sink *)sink;
    sink_close(spooling->far);
    spool_close(spooling->spool);
    free(spooling);
}

static void on_found(void *context, uint64_t segment, const struct spool_record *record)
{
    *spooling_newest(context, record->key, record->key_bytes) = segment + 1;
}

static int spool_sink_open(const char *target, const struct sink_options *options,
                           struct sink **sink, struct error *err)
{
    struct spool_sink *spooling = calloc(1, sizeof(*spooling));
    if (spooling == NULL) {
        return error_set(err, -ENOMEM, "sink '%s': no memory for its spool", target);
    }
    spooling->pressure = options->spool->pressure;
    spooling->refuses = options->spool->spool.full == SPOOL_REFUSE_NEWEST;
    spooling->patience_us = options->spool->patience_us;
    spooling->send_rate = options->spool->send_rate;
    spooling->moved_us = spooling->credit_us = clock_monotonic_us();
    hash_secret_draw(&spooling->secret);

    struct spool_options spool = options->spool->spool;
    spool.found = on_found;
    spool.context = spooling;
    int code = spool_open(&spool, &spooling->spool, err);
    if (code == 0) {
        struct sink_options far = *options;
        far.spool = NULL;
        far.kafka_timeout_us = INT64_MAX; // what cannot be delivered waits
        far.never_waits = spooling->pressure == SINK_PRESSURE_SPOOLS;
        struct sink_events events = {
            .settle = on_settle, .complain = on_complain, .context = spooling};
        code = sink_open(target, &far, &events, &spooling->far, err);
    }
    if (code != 0) {
        spool_sink_close(&spooling->sink);
        return code;
    }
    *sink = &spooling->sink;
    return 0;
}

const struct sink_operations spool_sink_operations = {
    .scheme = "",
    .open = spool_sink_open,
    .write = spool_sink_write,
    .serve = spool_sink_serve,
    .flush = spool_sink_flush,
    .stalled = spool_sink_stalled,
    .keep = spool_sink_keep,
    .spool = spool_sink_spool,
    .troubles = spool_sink_troubles,
    .queue = spool_sink_queue,
    .address = spool_sink_address,
    .close = spool_sink_close,
};
