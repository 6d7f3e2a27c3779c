// SPDX-License-Identifier: Apache-2.0
// Where encoded records go, behind one table of operations.
//
// Every record handed to a sink is settled exactly once, through the events it was opened with:
// delivered, kept in a spool, or dropped for a cause. A sink may settle at once (a file) or later,
// in another order (Kafka). All operations, and so all events, are of the one thread that writes;
// sink_open and sink_close may be of another while that one does not run.
#ifndef WEIR_SINK_SINK_H
#define WEIR_SINK_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/counter.h"
#include "dataplane/base/error.h"
#include "export/encode/encoder.h"
#include "export/record/record.h"
#include "export/sink/cause.h"
#include "export/sink/trouble.h"
#include "export/spool/spool.h"

// How long a sink may wait inside sink_write for the far end to take more.
enum { SINK_WAIT_MS = 10 };

struct sink_property {
    const char *name;
    const char *value;
};

// Whether topics that are missing are made.
enum sink_topics_missing { SINK_TOPICS_EXPECT, SINK_TOPICS_CREATE };

// How a missing topic is made; the embedded broker's are always made, and take only `partitions`.
struct sink_topic_options {
    enum sink_topics_missing missing;
    unsigned partitions;
    unsigned replication;    // 0: as the broker sees fit
    int64_t retention_us;    // 0: as the broker sees fit
    const char *compression; // of the topic, as Kafka calls it; NULL: as the broker sees fit
};

// What a sink with a spool does when the far end's queue is full.
enum sink_pressure {
    SINK_PRESSURE_SPOOLS, // at once: whoever makes the records cannot wait
    SINK_PRESSURE_WAITS,  // while the far end takes records at all, sink_write takes fewer
};

// Where records wait that the far end cannot take now.
struct sink_spool_options {
    struct spool_options spool;
    enum sink_pressure pressure;
    uint64_t send_rate; // records a second sent from the spool beside the live ones
    int64_t
        patience_us; // how long a stalled far end is waited for when there is nothing else to do
};

// What the sinks are told beside their address; only Kafka asks for any of it.
struct sink_options {
    const char *topics[RECORD_TOPIC_COUNT]; // NULL: record_topic_names
    struct sink_topic_options topic;
    const struct sink_property *properties; // of librdkafka; win over the sink's own
    size_t property_count;
    int64_t kafka_timeout_us; // without an answer this long, the sink gives up; INT64_MAX: never
    bool never_waits;         // sink_write takes what it can at once
    const struct sink_spool_options *spool; // NULL: none
};

// One encoded record. The values of the messages handed over in one call lie back to back, each
// followed by a line feed that `value_bytes` leaves out (but for what comes out of a spool, which
// is never in front of a file).
struct sink_message {
    uint64_t sequence; // names the record when it is settled
    const char *value;
    const char *key;
    uint32_t value_bytes;
    uint32_t key_bytes;
    enum record_topic topic;
};

// How much a complaint matters.
enum sink_complaint {
    SINK_COMPLAINT_TROUBLE, // something is in the way; nothing is lost
    SINK_COMPLAINT_LOSS,    // records are lost
};

// What a sink has handed to a client library that has a queue of its own. One thread writes, any
// may read. The last block is renewed only now and then, when the library tells.
struct sink_queue {
    counter records; // in the library's hands, neither settled nor given back
    counter bytes;   // of their values and keys
    counter records_max;
    counter bytes_max;    // more than so many it does not take
    counter held_records; // given back by it, and to be handed over again
    counter held_bytes;

    counter sent_records; // of `records`: sent, and not yet answered
    counter brokers_up;   // that there is a connection to
    counter round_trips;  // requests that were answered
    counter round_trip_us;
    counter round_trip_p99_us; // of the last interval in which there were any
    counter retries;           // requests sent again as they were
    counter timeouts;          // requests that were not answered in time
    counter errors;            // on connections
};

struct sink_events {
    // `message` is the record where it was dropped and its octets are at hand, for who can keep
    // it, and dies when the call returns; else NULL.
    void (*settle)(void *context, uint64_t sequence, enum export_cause cause,
                   const struct sink_message *message);
    // Whether another sink has dropped the record, which is not yet settled here; NULL: there is no
    // other. A spool must know, since it settles twice (see `unspooled`).
    bool (*lost)(void *context, uint64_t sequence);
    // For a person: what went wrong, what to do.
    void (*complain)(void *context, enum sink_complaint complaint, const char *text);
    void *context;
};

struct sink;

struct sink_operations {
    const char *scheme;   // "kafka" of "kafka://…"
    bool takes_json_only; // a line each
    int (*open)(const char *target, const struct sink_options *options, struct sink **sink,
                struct error *err);
    size_t (*write)(struct sink *sink, const struct sink_message *messages, size_t count);
    // The rest may be NULL where there is nothing to do.
    void (*serve)(struct sink *sink);
    void (*reopen)(struct sink *sink);
    bool (*flush)(struct sink *sink, int timeout_ms);
    bool (*stalled)(const struct sink *sink);
    void (*abandon)(struct sink *sink);
    // Instead of abandon, where what cannot be delivered can be kept.
    void (*keep)(struct sink *sink);
    const struct spool_counts *(*spool)(const struct sink *sink);
    const counter *(*troubles)(const struct sink *sink);
    const struct sink_queue *(*queue)(const struct sink *sink);
    const char *(*address)(const struct sink *sink);
    void (*close)(struct sink *sink);
};

// What every sink starts with. Only the sinks themselves touch it.
struct sink {
    const struct sink_operations *operations;
    struct sink_events events;
    char *name;                          // as given, for messages
    counter settled[EXPORT_CAUSE_COUNT]; // by enum export_cause
    // What became of records that had been settled as EXPORT_SPOOLED and that no other sink had
    // dropped: how many are delivered by now, or dropped after all.
    counter unspooled[EXPORT_CAUSE_COUNT];
    counter troubles[SINK_TROUBLE_COUNT];
    enum export_cause abandoned; // EXPORT_DELIVERED while in service
    bool failing;                // the last record was dropped, and that has been said
};

// Opens what `address` names: `ndjson:PATH`, `ndjson:-`, `null:`, `kafka://HOST:PORT[,HOST:PORT]`
// or `kafka://embedded`. 0, or a negative errno and a message: -EINVAL for an address or an option
// that cannot be, else what the system said.
int sink_open(const char *address, const struct sink_options *options,
              const struct sink_events *events, struct sink **sink, struct error *err);

// How the sink wants records to be encoded, where it was `asked` for.
static inline enum encoding sink_encoding(const struct sink *sink, enum encoding asked)
{
    return sink->operations->takes_json_only ? ENCODING_JSON : asked;
}

// Hands messages over; returns how many the sink took, counted from the first, after waiting for at
// most about SINK_WAIT_MS. The caller comes again with the rest. Nothing of the messages is needed
// after the call but those that were not taken, which must stay as and where they are.
size_t sink_write(struct sink *sink, const struct sink_message *messages, size_t count);

// Settles what can be settled without waiting; to be called now and then while records are in
// flight.
void sink_serve(struct sink *sink);

// A file that somebody has moved away is opened anew by its name, between two records; what cannot
// be opened complains, and the old file is written on. Other sinks do nothing.
void sink_reopen(struct sink *sink);

// Settles all that is in flight, waiting for at most `timeout_ms`. True when nothing is left.
bool sink_flush(struct sink *sink, int timeout_ms);

// Whether the far end has taken nothing for about a second although records are in flight, or
// cannot take any at present. A sink that does not know never says so.
bool sink_stalled(const struct sink *sink);

// Gives up: all that is in flight and all that is handed over later is dropped for `cause`, or kept
// where the sink has a spool.
void sink_abandon(struct sink *sink, enum export_cause cause);

// What is in the sink's spool; NULL where it has none. Any thread.
const struct spool_counts *sink_spool(const struct sink *sink);

// The counters of why the far end did not take records. Any thread.
const counter *sink_troubles(const struct sink *sink);

// What is on its way in a client library; NULL where the sink has none. Any thread.
const struct sink_queue *sink_queue(const struct sink *sink);

// Where a client finds what was written, if only the sink knows (the embedded broker's HOST:PORT,
// as long as the sink is open), else NULL. Any thread.
const char *sink_address(const struct sink *sink);

// Frees the sink. Records still in flight are forgotten: flush or abandon first. May be NULL.
void sink_close(struct sink *sink);

// For the sinks themselves: one record is done. A dropped record complains, if the one before it
// did not, with the sink's name and the text of `format`.
void sink_deliver(struct sink *sink, uint64_t sequence);
void sink_drop(struct sink *sink, uint64_t sequence, enum export_cause cause, const char *format,
               ...) __attribute__((format(printf, 4, 5)));

// The same without a complaint; `message` as in sink_events.
void sink_settle(struct sink *sink, uint64_t sequence, enum export_cause cause,
                 const struct sink_message *message);

// sink_settle for a record whose octets are at hand.
void sink_give_back(struct sink *sink, const struct sink_message *message, enum export_cause cause);

void sink_complain(struct sink *sink, enum sink_complaint complaint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
