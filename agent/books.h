// SPDX-License-Identifier: Apache-2.0
// The books: where every packet and every record went, by name.
#ifndef WEIR_BOOKS_H
#define WEIR_BOOKS_H

#include <stdbool.h>
#include <stdio.h>

#include "dataplane/capture/capture.h"
#include "dataplane/worker/workers.h"
#include "export/exporter.h"

struct books {
    struct capture_stats capture;
    const struct capture_loss *losses; // the capture's own
    size_t loss_count;
    struct workers_books workers;
    struct exporter_books exports;
    double seconds; // from the first packet asked for to the last record exported
};

// Whether nothing is missing:
//   received = parsed + capture drops + parse rejects
//   parsed = packets in ended flows (no flow lives any more)
//   records = delivered + in flight + spooled + export drops, and a flow record for each flow
//   found in the spool + appended to it = settled + dropped + held there
bool books_balance(const struct books *books);

uint64_t books_export_drops(const struct exporter_books *exports);

// Writes them as one JSON object and a line feed. 0 or a negative errno.
int books_write(const struct books *books, FILE *to);

#endif
