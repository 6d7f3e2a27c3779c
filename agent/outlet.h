// SPDX-License-Identifier: Apache-2.0
// The exporter as the main thread drives it: opened from the configuration, its messages logged.
// Main thread.
#ifndef WEIR_OUTLET_H
#define WEIR_OUTLET_H

#include "agent/config/config.h"
#include "agent/log/log.h"
#include "export/exporter.h"

// What is to be done between the opening of files and of what starts threads: see exporter_config.
struct outlet_pause {
    int (*before_threads)(void *context, struct error *err);
    void *context;
};

// Opens the outputs of the configuration; says where an embedded broker is, and what was found in
// the spool. 0 and *exporter, or a negative errno with a message. `pause` may be NULL.
int outlet_open(struct exporter **exporter, const struct config *config,
                enum sink_pressure pressure, const struct outlet_pause *pause,
                const struct log *log, struct error *err);

// Logs what the exporter has to say; true where that was that records are lost.
bool outlet_listen(struct exporter *exporter, const struct log *log);

// Whether there is a broker inside the process.
bool outlet_is_embedded(const struct exporter *exporter);

// Logs what waits in the spool at the end, and what to do about it.
void outlet_tell_spool(const struct exporter *exporter, const struct config *config,
                       const struct log *log);

#endif
