// SPDX-License-Identifier: Apache-2.0
// The protocols that carry most, as they come: a bounded number of places, each of which keeps its
// protocol until another carries twice as much over ten minutes. Any one thread.
#ifndef WEIR_DETECT_BUSIEST_H
#define WEIR_DETECT_BUSIEST_H

#include "dataplane/window/pane.h"

enum { BUSIEST_PLACES = 12, BUSIEST_NONE = APPLICATION_MAX };

struct busiest {
    double weight[APPLICATION_MAX]; // octets, fading
    uint16_t place[BUSIEST_PLACES]; // number of the protocol, or BUSIEST_NONE
};

void busiest_init(struct busiest *busiest);

// Learns a pane. Returns the place that got another protocol, or -1: at most one a pane.
int busiest_feed(struct busiest *busiest, const struct pane *pane);

#endif
