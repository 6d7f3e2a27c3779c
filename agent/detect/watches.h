// SPDX-License-Identifier: Apache-2.0
// The table of all watches.
#ifndef WEIR_DETECT_WATCHES_H
#define WEIR_DETECT_WATCHES_H

#include "agent/detect/watch.h"

// On series of panes.
extern const struct watch_ops watch_volume;     // "spike", "drop"
extern const struct watch_ops watch_interface;  // "spike", "drop" of one of several
extern const struct watch_ops watch_silence;    // "silence"
extern const struct watch_ops watch_change;     // "change", "variance"
extern const struct watch_ops watch_entropy;    // "entropy"
extern const struct watch_ops watch_handshakes; // "handshakes"
extern const struct watch_ops watch_malformed;  // "malformed", "fragments"

// On flows. An attack is told by the first that knows it: see talkers.h.
extern const struct watch_ops watch_amplification; // "amplification"
extern const struct watch_ops watch_scan;          // "horizontal_scan", "vertical_scan"
extern const struct watch_ops watch_flood; // "syn_flood", "udp_flood", "icmp_flood", "packet_flood"
extern const struct watch_ops watch_peers; // "one_to_many", "many_to_one"
extern const struct watch_ops watch_flow_flood; // "flow_flood"
extern const struct watch_ops watch_newcomers;  // "new_talkers"
extern const struct watch_ops watch_stranger; // "unusual_source", "unusual_prefix", "unusual_port"
extern const struct watch_ops watch_beacon;   // "beacon"
extern const struct watch_ops watch_port;     // "wrong_port", by sizes
extern const struct watch_ops watch_protocol; // "wrong_port", by what is spoken

extern const struct watch_ops *const watches[]; // ends with NULL

#endif
