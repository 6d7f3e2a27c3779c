// SPDX-License-Identifier: Apache-2.0
// What the agent thread does now and then, beside collecting: it hears what the rooms have to say,
// shows how things stand, and obeys signals.
#ifndef WEIR_HOUSEKEEPING_H
#define WEIR_HOUSEKEEPING_H

#include <stdbool.h>

struct agent;

// What need not be done for each message, and must be done while waiting for anything. True now and
// then, when it was done.
bool housekeeping(struct agent *agent);

// Parts of it, where they cannot wait: what the exporter, and what the interfaces have to tell.
void housekeeping_exporter(struct agent *agent);
void housekeeping_capture(struct agent *agent);

// Has the workers end; what they have taken is still exported, for shutdown.timeout at most.
void housekeeping_stop(struct agent *agent);

#endif
