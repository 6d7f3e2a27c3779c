// SPDX-License-Identifier: Apache-2.0
// What the files of the exporter share; for them only.
#ifndef WEIR_EXPORT_EXPORTER_STATE_H
#define WEIR_EXPORT_EXPORTER_STATE_H

#include <pthread.h>

#include "export/batch.h"
#include "export/exporter.h"
#include "export/ledger.h"

// All is of the export thread but what is atomic, the notices, and submitted_bytes.
struct exporter {
    struct ring *ring;
    // Octets that records own: of all that were submitted, by who fills the ring, and of all that
    // were released.
    counter submitted_bytes;
    counter released_bytes;
    uint64_t ring_bytes;
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

// Octets that records in the ring own. Any thread.
static inline uint64_t exporter_waiting_bytes(const struct exporter *exporter)
{
    uint64_t submitted = counter_read(&exporter->submitted_bytes);
    uint64_t released = counter_read(&exporter->released_bytes);
    return submitted > released ? submitted - released : 0;
}

// The export thread; `exporter` is the context.
void *exporter_run(void *exporter);

#endif
