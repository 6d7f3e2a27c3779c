// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_SIGNALS_H
#define WEIR_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/log/log.h"

// From now on the first SIGINT or SIGTERM asks for an orderly end. The second one, of either kind,
// ends the process at once with status 1, no handler of exit run, and a line on standard error that
// says what was lost. The same signal from the same process within 10 ms counts as one: timeout(1)
// sends each twice. Main thread.
void signals_install(void);

// From now on SIGHUP is noted for signals_hangup. Main thread.
void signals_note_hangup(void);

// How that last line is to be written; as text where this is never called. Main thread.
void signals_format(enum log_format format);

// Whether SIGINT or SIGTERM has come. Any thread.
bool signals_stop(void);

// Whether SIGHUP has come since the last call. Main thread.
bool signals_hangup(void);

// What would be lost at this moment: packets in flows that no record tells of yet, and records that
// are neither delivered nor spooled. To be told now and then. Main thread.
void signals_losses(uint64_t packets, uint64_t records);

// Sleeps until SIGINT or SIGTERM comes, at most `us`. Main thread.
void signals_wait(int64_t us);

#endif
