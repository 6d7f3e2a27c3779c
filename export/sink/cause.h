// SPDX-License-Identifier: Apache-2.0
// What became of a record that was handed to a sink.
#ifndef WEIR_SINK_CAUSE_H
#define WEIR_SINK_CAUSE_H

enum export_cause {
    EXPORT_DELIVERED,
    EXPORT_WRITE_FAILED,       // the file or pipe refused it
    EXPORT_BROKER_UNREACHABLE, // no broker answered in time
    EXPORT_BROKER_REFUSED,     // a broker, or librdkafka, would not have it
    EXPORT_RECORD_TOO_LARGE,   // for the encoder's buffer or the broker's limit
    EXPORT_SHUTDOWN_TIMEOUT,   // still on its way when the time to shut down was over
    EXPORT_CAUSE_COUNT,
};

// As in the books. EXPORT_DELIVERED is no cause of a drop and has the name "delivered".
extern const char *const export_cause_names[EXPORT_CAUSE_COUNT];

#endif
