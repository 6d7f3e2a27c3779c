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
#include <string.h>

#include "dataplane/base/clock.h"
#include "dataplane/base/hash.h"
#include "export/sink/sink_kinds.h"

#define FROM_SPOOL (UINT64_C(1) << 63)
#define COUNTED    (UINT64_C(1) << 62) // of this run, and not dropped by another sink
#define PLACE      (COUNTED - 1)

enum {
    KEYS = 1 << 20,     // a power of two: hashes of keys told apart
    SEND_RECORDS = 256, // handed to the far sink at once
    PENDING = 512,      // appended and not yet flushed
    RECORD_EXTRA = 32,  // octets that a spool adds to a record, about
    US_PER_S = 1000000,
    BURST_US = US_PER_S / 10, // the rate holds over this time
    SAY_US = 60 * US_PER_S,   // at least, between two complaints about a full spool
    WAIT_US = 1000,           // while the far sink is stalled and nothing else is to be done
};

enum mark { MARK_COUNTED, MARK_LOST };

struct spool_sink {
    struct sink sink;
    struct sink *far;
    struct spool *spool;
    enum sink_pressure pressure;
    bool refuses;         // when the spool is full
    bool kept;            // nothing more is sent: all that comes is kept
    int64_t full_said_us; // when it was last said that the spool is full
    int64_t patience_us;
    int64_t moved_us;    // when the far sink was last seen to take records
    uint64_t live;       // records in flight that are not from the spool
    uint64_t live_bytes; // of them, about
    uint64_t send_rate;
    double credit;            // records that may be sent from the spool now
    int64_t credit_us;        // up to when `credit` has been counted
    uint64_t overflowed;      // of MARK_COUNTED, as far as booked
    uint64_t overflowed_seen; // of any origin
    uint64_t damaged;         // of MARK_COUNTED, as far as booked
    size_t pending_count;
    uint64_t pending[PENDING]; // sequences, in the order in which they were appended
    struct hash_secret secret;
    uint32_t newest[KEYS]; // by hash of the key: the newest segment that holds such a one, plus 1
};

static bool stalled(const struct spool_sink *spooling)
{
    return spooling->kept || sink_stalled(spooling->far);
}

static uint32_t *newest_of(struct spool_sink *spooling, const char *key, size_t bytes)
{
    uint64_t hash = hash_bytes(key, bytes, spooling->secret);
    return &spooling->newest[hash & (KEYS - 1)];
}

static void book(struct sink *sink, enum export_cause cause, uint64_t now, uint64_t *booked)
{
    counter_add(&sink->unspooled[cause], now - *booked);
    *booked = now;
}

static void full_complain(struct spool_sink *spooling, const char *consequence)
{
    int64_t now_us = clock_monotonic_us();
    if (spooling->full_said_us == 0 || now_us - spooling->full_said_us >= SAY_US) {
        spooling->full_said_us = now_us;
        sink_complain(&spooling->sink, SINK_COMPLAINT_LOSS,
                      "the spool is full and %s; set export.spool.max_bytes higher", consequence);
    }
}

// Books what the spool lost of this run's records, and passes its messages on.
static void losses_book(struct spool_sink *spooling)
{
    const struct spool_counts *counts = spool_counts(spooling->spool);
    book(&spooling->sink, EXPORT_SPOOL_FULL, counter_read(&counts->overflowed[MARK_COUNTED]),
         &spooling->overflowed);
    book(&spooling->sink, EXPORT_SPOOL_DAMAGED, counter_read(&counts->damaged[MARK_COUNTED]),
         &spooling->damaged);
    uint64_t overflowed = 0;
    for (size_t i = 0; i < SPOOL_ORIGINS; i++) {
        overflowed += counter_read(&counts->overflowed[i]);
    }
    if (overflowed != spooling->overflowed_seen) {
        spooling->overflowed_seen = overflowed;
        full_complain(spooling, "its oldest records are given up");
    }
    struct error message;
    while (spool_complaint(spooling->spool, &message)) {
        sink_complain(&spooling->sink, SINK_COMPLAINT_TROUBLE, "%s", message.text);
    }
}

// Writes what has been appended, and settles it.
static void spool_write(struct spool_sink *spooling)
{
    size_t lost = 0;
    int code = spool_flush(spooling->spool, &lost);
    size_t kept = spooling->pending_count - lost;
    for (size_t i = 0; i < kept; i++) {
        sink_settle(&spooling->sink, spooling->pending[i], EXPORT_SPOOLED, NULL);
    }
    for (size_t i = kept; i < spooling->pending_count; i++) {
        sink_drop(&spooling->sink, spooling->pending[i], EXPORT_SPOOL_FAILED,
                  "the spool cannot be written: %s; records are lost until it can be again",
                  strerror(-code));
    }
    if (kept > 0) {
        spooling->sink.failing = false;
    }
    spooling->pending_count = 0;
    losses_book(spooling);
}

static int append(struct spool_sink *spooling, const struct sink_message *message)
{
    const struct sink_events *events = &spooling->sink.events;
    bool lost = events->lost != NULL && events->lost(events->context, message->sequence);
    struct spool_record record = {
        .key = message->key,
        .value = message->value,
        .value_bytes = message->value_bytes,
        .key_bytes = (uint16_t)message->key_bytes,
        .topic = (uint8_t)message->topic,
        .mark = lost ? MARK_LOST : MARK_COUNTED,
    };
    int code = spool_append(spooling->spool, &record);
    if (code == 0) {
        *newest_of(spooling, message->key, message->key_bytes) =
            (uint32_t)spool_newest_segment(spooling->spool) + 1;
        spooling->pending[spooling->pending_count++] = message->sequence;
        if (!stalled(spooling)) {
            spooling->credit += 1;
        }
        if (spooling->pending_count == PENDING) {
            spool_write(spooling);
        }
    }
    return code;
}

// Whether a record finds room without another giving way. Live records in flight have theirs kept
// free: when they come back, they are older than all that was spooled meanwhile.
static bool has_room(const struct spool_sink *spooling, const struct sink_message *message)
{
    return spool_has_room(spooling->spool, message->key_bytes + message->value_bytes +
                                               (spooling->kept ? 0 : spooling->live_bytes));
}

// Spools a record, or drops it.
static void append_or_drop(struct spool_sink *spooling, const struct sink_message *message)
{
    int code = -ENOSPC;
    if (!spooling->refuses || has_room(spooling, message)) {
        code = append(spooling, message);
    }
    if (code == -ENOSPC || code == -EMSGSIZE) {
        full_complain(spooling, "newer records are dropped");
        sink_settle(&spooling->sink, message->sequence, EXPORT_SPOOL_FULL, NULL);
    } else if (code != 0) {
        sink_drop(&spooling->sink, message->sequence, EXPORT_SPOOL_FAILED,
                  "the spool cannot be written: %s; records are lost until it can be again",
                  strerror(-code));
    }
}

static void settle_spooled(struct spool_sink *spooling, uint64_t name, enum export_cause cause,
                           const struct sink_message *message)
{
    if (cause >= EXPORT_DROP_FIRST && message != NULL) {
        spool_return(spooling->spool, name & PLACE);
        return;
    }
    spool_settle(spooling->spool, name & PLACE);
    if ((name & COUNTED) != 0) {
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
    if ((sequence & FROM_SPOOL) != 0) {
        settle_spooled(spooling, sequence, cause, message);
        return;
    }
    live_subtract(spooling, spooling->live_bytes / spooling->live);
    if (cause >= EXPORT_DROP_FIRST && message != NULL) {
        append_or_drop(spooling, message);
    } else {
        sink_settle(&spooling->sink, sequence, cause, NULL);
    }
}

static void on_complain(void *context, enum sink_complaint complaint, const char *text)
{
    const struct sink_events *events = &((struct spool_sink *)context)->sink.events;
    events->complain(events->context, complaint, text);
}

static void credit_count(struct spool_sink *spooling)
{
    int64_t now_us = clock_monotonic_us();
    double most = (double)spooling->send_rate * BURST_US / US_PER_S;
    double more = (double)spooling->send_rate * (double)(now_us - spooling->credit_us) / US_PER_S;
    spooling->credit_us = now_us;
    if (spooling->credit < most) {
        spooling->credit = spooling->credit + more < most ? spooling->credit + more : most;
    }
}

// Sends records from the spool, at most `limit`; returns how many the far sink took.
static size_t send(struct spool_sink *spooling, size_t limit)
{
    struct spool_item items[SEND_RECORDS];
    struct sink_message messages[SEND_RECORDS];
    size_t sent = 0;
    while (sent < limit && !stalled(spooling)) {
        size_t wanted = limit - sent < SEND_RECORDS ? limit - sent : SEND_RECORDS;
        size_t count = spool_peek(spooling->spool, items, wanted);
        for (size_t i = 0; i < count; i++) {
            const struct spool_record *record = &items[i].record;
            bool counted = !items[i].found && record->mark == MARK_COUNTED;
            messages[i] = (struct sink_message){
                .sequence = FROM_SPOOL | (counted ? COUNTED : 0) | items[i].place,
                .value = record->value,
                .key = record->key,
                .value_bytes = record->value_bytes,
                .key_bytes = record->key_bytes,
                .topic = record->topic < RECORD_TOPIC_COUNT ? record->topic : 0,
            };
        }
        // Taken before they are handed over: the far sink may settle within the call.
        spool_take(spooling->spool, count);
        size_t taken = count > 0 ? sink_write(spooling->far, messages, count) : 0;
        spool_untake(spooling->spool, count - taken);
        sent += taken;
        if (taken < SEND_RECORDS) {
            break;
        }
    }
    return sent;
}

// Sends what the rate allows.
static void pump(struct spool_sink *spooling)
{
    if (stalled(spooling)) {
        spooling->credit = 0;
        spooling->credit_us = clock_monotonic_us();
        return;
    }
    if (spool_is_empty(spooling->spool)) {
        return;
    }
    credit_count(spooling);
    if (spooling->credit >= 1) {
        spooling->credit -= (double)send(spooling, (size_t)spooling->credit);
    }
}

// Whether a live record must go behind what is in the spool.
static bool is_behind(struct spool_sink *spooling, const struct sink_message *message)
{
    uint32_t newest = *newest_of(spooling, message->key, message->key_bytes);
    return newest > spool_oldest_segment(spooling->spool);
}

// How many of the messages can go straight, counted from the first.
static size_t straight(struct spool_sink *spooling, const struct sink_message *messages,
                       size_t count)
{
    if (stalled(spooling)) {
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
        if (taken < run && waits(spooling) && !stalled(spooling)) {
            break;
        }
        if (done < count && taken == run) {
            run = 1; // the one that cannot go straight; or all that the far sink did not take
        } else {
            run -= taken;
        }
        for (; run > 0 && done < count; run--) {
            if (is_patient(spooling) && !has_room(spooling, &messages[done])) {
                return done;
            }
            append_or_drop(spooling, &messages[done]);
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
    spool_write(spooling);
}

static size_t spool_sink_write(struct sink *sink, const struct sink_message *messages, size_t count)
{
    struct spool_sink *spooling = (struct spool_sink *)sink;
    pump(spooling); // first: what is left of the queue's room is the live records'
    size_t done = live_write(spooling, messages, count);
    sink_serve(spooling->far);
    serve(spooling);
    return done;
}

static void spool_sink_serve(struct sink *sink)
{
    struct spool_sink *spooling = (struct spool_sink *)sink;
    sink_serve(spooling->far);
    pump(spooling);
    serve(spooling);
}

static void spool_sink_keep(struct sink *sink)
{
    struct spool_sink *spooling = (struct spool_sink *)sink;
    spooling->kept = true;
    spool_write(spooling);
    spool_append_in_front(spooling->spool);
    sink_abandon(spooling->far, EXPORT_SHUTDOWN_TIMEOUT);
    spool_write(spooling);
    spool_append_behind(spooling->spool);
}

// No live records come any more: the spool is sent as fast as it goes. Done when all is delivered,
// or when the far sink has taken nothing for as long as we are patient, and the rest stays.
static bool spool_sink_flush(struct sink *sink, int timeout_ms)
{
    struct spool_sink *spooling = (struct spool_sink *)sink;
    size_t sent = send(spooling, SIZE_MAX);
    bool flushed = false;
    if (sent == 0) {
        flushed = sink_flush(spooling->far, timeout_ms);
    } else {
        sink_serve(spooling->far);
    }
    serve(spooling);
    if (stalled(spooling) && clock_monotonic_us() - spooling->moved_us >= spooling->patience_us) {
        spool_sink_keep(sink);
    }
    if (stalled(spooling) && !spooling->kept) {
        clock_sleep_us(WAIT_US);
    }
    return spooling->kept || (flushed && spool_is_empty(spooling->spool));
}

static bool spool_sink_stalled(const struct sink *sink)
{
    return stalled((const struct spool_sink *)sink);
}

static const struct spool_counts *spool_sink_spool(const struct sink *sink)
{
    return spool_counts(((const struct spool_sink *)sink)->spool);
}

static const counter *spool_sink_troubles(const struct sink *sink)
{
    return sink_troubles(((const struct spool_sink *)sink)->far);
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
    *newest_of(context, record->key, record->key_bytes) = (uint32_t)segment + 1;
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
    .address = spool_sink_address,
    .close = spool_sink_close,
};
