// SPDX-License-Identifier: Apache-2.0
// What the files of the exporter share; for them only.
#ifndef WEIR_EXPORT_EXPORTER_STATE_H
#define WEIR_EXPORT_EXPORTER_STATE_H

#include <pthread.h>

#include "export/batch.h"
#include "export/exporter.h"
#include "export/ledger.h"

// All is of the export thread but what is atomic, and the notices.
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

// The export thread; `exporter` is the context.
void *exporter_run(void *exporter);

#endif
