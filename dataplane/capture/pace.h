// SPDX-License-Identifier: Apache-2.0
// A source that gives another's packets out when they are due.
#ifndef WEIR_CAPTURE_PACE_H
#define WEIR_CAPTURE_PACE_H

#include "dataplane/capture/capture.h"

// `speed` times the pace of the packets' own times, from the moment of the first. A packet older
// than those before it is due at once. Returns 0 and takes over the source, or -ENOMEM with nothing
// taken.
int pace_open(struct capture **capture, struct capture *source, double speed, struct error *err);

#endif
