// SPDX-License-Identifier: Apache-2.0
// What became of a record that was handed to a sink.
#ifndef WEIR_SINK_CAUSE_H
#define WEIR_SINK_CAUSE_H

enum export_cause {
    EXPORT_DELIVERED,
    EXPORT_SPOOLED,            // kept on disk, to be delivered later
    EXPORT_WRITE_FAILED,       // the file or pipe refused it
    EXPORT_BROKER_UNREACHABLE, // no broker answered in time
    EXPORT_BROKER_REFUSED,     // a broker, or librdkafka, would not have it
    EXPORT_RECORD_TOO_LARGE,   // for the encoder's buffer or the broker's limit
    EXPORT_SPOOL_FULL,         // the spool had no room, or made room by giving it up
    EXPORT_SPOOL_FAILED,       // the spool's disk would not take it
    EXPORT_SPOOL_DAMAGED,      // the spool's disk did not give back what it had taken
    EXPORT_SHUTDOWN_TIMEOUT,   // still on its way when the time to shut down was over
    EXPORT_SHED,               // never made: a live capture's workers found no room to hand it over
    EXPORT_CAUSE_COUNT,
    EXPORT_DROP_FIRST = EXPORT_WRITE_FAILED, // from here on the record is lost
};

// As in the books. The two that are no drop have the names "delivered" and "spooled".
extern const char *const export_cause_names[EXPORT_CAUSE_COUNT];

#endif
