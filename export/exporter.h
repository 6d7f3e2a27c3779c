// SPDX-License-Identifier: Apache-2.0
// The export thread: takes records out of a ring, encodes them and hands each to every sink. The
// slowest sink sets the pace: while it takes nothing, the ring fills, and whoever fills it decides
// whether to wait or to drop.
#ifndef WEIR_EXPORT_EXPORTER_H
#define WEIR_EXPORT_EXPORTER_H

#include "dataplane/base/error.h"
#include "dataplane/base/notices.h"
#include "dataplane/base/ring.h"
#include "export/record/record.h"
#include "export/sink/sink.h"

enum { EXPORTER_SINKS_MAX = 16 };

struct exporter_config {
    const char *sensor;
    const char *const *sinks; // addresses, as sink_open takes them
    size_t sink_count;        // 1 to EXPORTER_SINKS_MAX
    struct sink_options sink_options;
    enum encoding encoding; // for sinks that take any
    size_t ring_slots;      // a power of two
    uint64_t ring_bytes; // that the rows and texts of records there may take, for exporter_has_room

    // Called by exporter_create when all files are open, before anything starts threads: whoever
    // wants to give up rights for all of them does it there. 0, or a negative errno and a message.
    // NULL: nothing is.
    int (*before_threads)(void *context, struct error *err);
    void *context;
};

// What the spool holds, of this run and of earlier ones:
// found + appended = settled + dropped + held.
struct exporter_spool {
    uint64_t found; // of earlier runs
    uint64_t appended;
    uint64_t settled; // delivered, or refused for good
    uint64_t dropped; // overflowed or damaged
    uint64_t held;
    uint64_t bytes;
    uint64_t damaged_bytes; // of no whole record when it was opened
};

// Where the records are. Once exporter_finish has returned the figures are final and
// Σ records = delivered + in_flight + spooled + Σ drops; before, they are a moment apart.
struct exporter_books {
    uint64_t records[RECORD_TYPE_COUNT]; // taken out of the ring
    uint64_t delivered;                  // every sink took them
    uint64_t in_flight;
    uint64_t spooled;                      // of this run, and still there
    uint64_t drops[EXPORT_CAUSE_COUNT];    // by enum export_cause; 0 for those that are no drop
    uint64_t troubles[SINK_TROUBLE_COUNT]; // by enum sink_trouble; nothing is lost for them
    struct exporter_spool spool;
};

// What is on its way in librdkafka, all Kafka outputs together; see struct sink_queue.
struct exporter_kafka {
    uint64_t records, records_max;
    uint64_t bytes, bytes_max;
    uint64_t held_records, held_bytes;
    uint64_t sent_records;
    uint64_t brokers_up;
    uint64_t round_trips, round_trip_us;
    uint64_t round_trip_p99_us; // of the slowest
    uint64_t retries, timeouts, errors;
};

// How much waits where. A moment apart.
struct exporter_gauges {
    uint64_t ring_bytes; // of rows and texts of the records in the ring
    uint64_t ring_bytes_max;
    uint64_t spool_age_us; // since the file with the spool's oldest record was begun; 0: empty
    struct exporter_kafka kafka;
};

struct exporter;

// Opens the sinks, those of Kafka last, and allocates all that will be needed; nothing of `config`
// is kept. 0, or a
// negative errno and a message, with nothing left open.
int exporter_create(const struct exporter_config *config, struct exporter **exporter,
                    struct error *err);

// Starts the thread. 0, or a negative errno and a message.
int exporter_start(struct exporter *exporter, struct error *err);

// The ring of struct record that the exporter empties: one thread may reserve, record_init, fill
// and submit. Rows that a record owns are the exporter's from then on.
struct ring *exporter_ring(struct exporter *exporter);

// Who fills the ring: whether rows and texts of what waits there leave more than `kept` octets of
// ring_bytes free. One record more may then be submitted, however much it owns: what it will be
// is not known before it is filled.
bool exporter_has_room(const struct exporter *exporter, uint64_t kept);

// Who fills the ring: submits the next record, which may own rows and texts. Those that own none
// may as well be submitted by ring_submit.
void exporter_submit(struct exporter *exporter);

// Any thread, also while records are still being submitted: what is not exported `timeout_us` from
// now, or comes later, is spooled where there is a spool, or dropped as shutdown_timeout. Without
// it a sink may take for ever.
void exporter_limit(struct exporter *exporter, int64_t timeout_us);

// Any thread: files are opened anew by their names, between two records, soon after the call. What
// goes wrong is told by exporter_complaint.
void exporter_reopen(struct exporter *exporter);

// The last record has been submitted. Does not wait.
void exporter_drain(struct exporter *exporter);

// Whether, after exporter_drain, all is exported: exporter_finish will not wait. Any thread.
bool exporter_drained(const struct exporter *exporter);

// Exports all that has been submitted, flushes the sinks and ends the thread; to be called once,
// when the last record has been submitted. A spool is emptied, or left where its far end has
// stalled for longer than sink_spool_options.patience_us. -ETIMEDOUT where the time of
// exporter_limit was over before; else 0, whatever sinks dropped. Sinks stay open: the embedded
// broker can still be read.
int exporter_finish(struct exporter *exporter);

// Any thread.
void exporter_books(const struct exporter *exporter, struct exporter_books *books);

// Any thread.
void exporter_gauges(const struct exporter *exporter, struct exporter_gauges *gauges);

// Any thread. Takes the oldest message about something that went wrong, its kind an enum
// sink_complaint; false where there is none.
// A sink that drops says so once, until it delivers again.
bool exporter_complaint(struct exporter *exporter, struct notice *notice);

// The sink `index` of the configuration, for its address and counters.
size_t exporter_sink_count(const struct exporter *exporter);
const struct sink *exporter_sink(const struct exporter *exporter, size_t index);

// Closes the sinks. The thread must have been finished, or never started. May be NULL.
void exporter_free(struct exporter *exporter);

#endif
