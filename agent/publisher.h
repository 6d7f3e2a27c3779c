// SPDX-License-Identifier: Apache-2.0
// Hands records to the exporter: waits for room in replay; live, drops what finds none for too
// long, slight flows first, and counts it. All calls are for the agent thread.
#ifndef WEIR_PUBLISHER_H
#define WEIR_PUBLISHER_H

#include <stdbool.h>

#include "dataplane/flow/flow_entry.h"
#include "dataplane/window/pane.h"
#include "export/exporter.h"

// What a record may find no room for: itself, or the rows and texts that it owns.
enum publisher_lack { PUBLISHER_LACKS_SLOTS, PUBLISHER_LACKS_BYTES, PUBLISHER_LACKS };

struct publisher {
    struct exporter *exporter; // the caller's
    size_t slots;              // of its ring
    uint64_t bytes;            // that the records there may own
    uint32_t sampling;
    bool live; // drops; until the agent stops: what is left then is waited for
    // By what there was no room of: it has been waited for for too long, and there still is none.
    bool stalled[PUBLISHER_LACKS];
    uint64_t records;                 // handed over
    uint64_t shed[RECORD_TYPE_COUNT]; // not handed over
    uint64_t pane_shed;               // flows of those, not yet told by a window

    // Called over and over while records are waited for.
    void (*waiting)(void *context);
    // Sees each record but flows before it goes. NULL: nobody does.
    void (*look)(void *context, const struct record *record);
    void *context;
};

// A record to fill, or NULL: it is shed, and counted. What was reserved is submitted next.
struct record *publisher_reserve(struct publisher *publisher, enum record_type type);
void publisher_submit(struct publisher *publisher, const struct record *record);

void publisher_flow(struct publisher *publisher, const struct flow_record *flow);

// The window of a pane. 0, or -ENOMEM: it goes without its protocols.
int publisher_pane(struct publisher *publisher, const struct pane *pane);

#endif
