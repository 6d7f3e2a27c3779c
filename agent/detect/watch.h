// SPDX-License-Identifier: Apache-2.0
// The contract of detectors on live traffic. A watch is fed what each flow did and, when a pane
// closes, the pane; it then tells what is odd now. While something lasts it is told again in each
// pane: that this becomes one anomaly with a begin and an end is for anomalies.h. Memory is of
// fixed size, whatever the traffic; a watch asks nobody for the time. One thread at a time; nothing
// here blocks.
#ifndef WEIR_DETECT_WATCH_H
#define WEIR_DETECT_WATCH_H

#include <stddef.h>

#include "agent/detect/anomaly.h"
#include "dataplane/base/hash.h"
#include "dataplane/base/prefix.h"
#include "dataplane/window/pane_flow.h"

struct talkers;

struct watch_options {
    int64_t pane_us;
    const struct prefix_set *internal;  // empty: it is not known what is inside
    struct hash_secret secret;          // for tables keyed by what senders choose
    const char *const *interface_names; // as long as the watches; further ones go by their number
    size_t interface_count;
    struct talkers *talkers; // what all watches share of addresses: see talkers.h
};

// Where a watch tells what it found: `finding` dies when the call returns.
struct watch_teller {
    void (*tell)(void *context, const struct finding *finding);
    void *context;
};

struct watch_ops {
    const char *name;
    int (*create)(void **watch, const struct watch_options *options); // 0, or -ENOMEM
    void (*flow)(void *watch, const struct pane_flow *flow);          // NULL: it needs none
    void (*pane)(void *watch, const struct pane *pane, const struct watch_teller *teller);
    void (*free)(void *watch); // NULL is allowed
};

#endif
