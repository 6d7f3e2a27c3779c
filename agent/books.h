// SPDX-License-Identifier: Apache-2.0
// The books: where every packet and every record went, by name.
#ifndef WEIR_BOOKS_H
#define WEIR_BOOKS_H

#include <stdbool.h>
#include <stdio.h>

#include "dataplane/capture/capture.h"
#include "dataplane/window/pane.h"
#include "dataplane/worker/workers.h"
#include "export/exporter.h"

struct json_t; // jansson's

struct books {
    struct capture_stats capture;
    const struct capture_loss *losses; // the capture's own
    size_t loss_count;
    struct workers_books workers;
    struct exporter_books exports;
    double seconds; // from the first packet asked for to the last record exported, or to now

    // While it runs the packets' side is as of the last pane that closed, the records' as of now:
    // records may lie in rings between them. What the workers do not tell with a pane is 0.
    bool running;
    uint64_t activity_shed; // packets whose flows queries and detectors were not told of
    uint64_t live_packets;  // in flows that have not ended; 0 at the end
};

// Whether nothing is missing:
//   received = parsed + capture drops + parse rejects
//   parsed = packets in ended flows + packets in live flows
// and at the end, when no flow lives any more
//   records = delivered + in flight + spooled + export drops, and a flow record for each flow
//   found in the spool + appended to it = settled + dropped + held there
bool books_balance(const struct books *books);

uint64_t books_export_drops(const struct exporter_books *exports);

// The packets' side of `books` as a pane has left it.
void books_take_pane(struct books *books, const struct pane_books *pane);

// A new object, or NULL: no memory.
struct json_t *books_json(const struct books *books);

// Writes them as one JSON object and a line feed. 0 or a negative errno.
int books_write(const struct books *books, FILE *to);

#endif
