// SPDX-License-Identifier: Apache-2.0
// The spool sink's way to the disk, and the books of what is there.
#include <errno.h>
#include <string.h>

#include "dataplane/base/clock.h"
#include "export/sink/spool_state.h"

enum { SAY_US = 60 * 1000000 }; // at least, between two complaints of a kind

static bool is_due(int64_t *said_us)
{
    int64_t now_us = clock_monotonic_us();
    if (*said_us != 0 && now_us - *said_us < SAY_US) {
        return false;
    }
    *said_us = now_us;
    return true;
}

static void full_complain(struct spool_sink *spooling, const char *consequence)
{
    if (is_due(&spooling->full_said_us)) {
        sink_complain(&spooling->sink, SINK_COMPLAINT_LOSS,
                      "the spool is full and %s; set export.spool.max_bytes higher", consequence);
    }
}

static void failed_drop(struct spool_sink *spooling, uint64_t sequence, int code)
{
    if (is_due(&spooling->failed_said_us)) {
        sink_complain(&spooling->sink, SINK_COMPLAINT_LOSS,
                      "the spool cannot be written: %s; records are lost until it can be again",
                      strerror(-code));
    }
    sink_settle(&spooling->sink, sequence, EXPORT_SPOOL_FAILED, NULL);
}

static void book(struct sink *sink, enum export_cause cause, uint64_t now, uint64_t *booked)
{
    counter_add(&sink->unspooled[cause], now - *booked);
    *booked = now;
}

// Books what the spool lost of this run's records, and passes its messages on.
static void losses_book(struct spool_sink *spooling)
{
    const struct spool_counts *counts = spool_counts(spooling->spool);
    book(&spooling->sink, EXPORT_SPOOL_FULL,
         counter_read(&counts->overflowed[SPOOLING_MARK_COUNTED]), &spooling->overflowed_booked);
    book(&spooling->sink, EXPORT_SPOOL_DAMAGED,
         counter_read(&counts->damaged[SPOOLING_MARK_COUNTED]), &spooling->damaged_booked);
    uint64_t overflowed = 0;
    for (size_t i = 0; i < SPOOL_ORIGINS; i++) {
        overflowed += counter_read(&counts->overflowed[i]);
    }
    if (overflowed != spooling->overflowed_said) {
        spooling->overflowed_said = overflowed;
        full_complain(spooling, "its oldest records are given up");
    }
    struct error message;
    while (spool_complaint(spooling->spool, &message)) {
        sink_complain(&spooling->sink, SINK_COMPLAINT_TROUBLE, "%s", message.text);
    }
}

void spooling_write(struct spool_sink *spooling)
{
    size_t lost = 0;
    int code = spool_flush(spooling->spool, &lost);
    size_t kept = spooling->pending_count - lost;
    for (size_t i = 0; i < kept; i++) {
        sink_settle(&spooling->sink, spooling->pending[i], EXPORT_SPOOLED, NULL);
    }
    for (size_t i = kept; i < spooling->pending_count; i++) {
        failed_drop(spooling, spooling->pending[i], code);
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
        .mark = lost ? SPOOLING_MARK_LOST : SPOOLING_MARK_COUNTED,
    };
    int code = spool_append(spooling->spool, &record);
    if (code == 0) {
        *spooling_newest(spooling, message->key, message->key_bytes) =
            spool_newest_segment(spooling->spool) + 1;
        spooling->pending[spooling->pending_count++] = message->sequence;
        if (!spooling_stalled(spooling)) {
            spooling->credit += 1;
        }
        if (spooling->pending_count == SPOOLING_PENDING) {
            spooling_write(spooling);
        }
    }
    return code;
}

bool spooling_has_room(const struct spool_sink *spooling, const struct sink_message *message)
{
    return spool_has_room(spooling->spool, message->key_bytes + message->value_bytes +
                                               (spooling->kept ? 0 : spooling->live_bytes));
}

void spooling_append(struct spool_sink *spooling, const struct sink_message *message)
{
    int code = -ENOSPC;
    if (!spooling->refuses || spooling_has_room(spooling, message)) {
        code = append(spooling, message);
    }
    // The disk can be full as well.
    if ((code == -ENOSPC && !spooling_has_room(spooling, message)) || code == -EMSGSIZE) {
        full_complain(spooling, "newer records are dropped");
        sink_settle(&spooling->sink, message->sequence, EXPORT_SPOOL_FULL, NULL);
    } else if (code != 0) {
        failed_drop(spooling, message->sequence, code);
    }
}
