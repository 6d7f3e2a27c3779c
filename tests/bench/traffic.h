// SPDX-License-Identifier: Apache-2.0
// Which flow of a benchmark's traffic sends next, and when. Bytes are frame.h's matter.
#ifndef WEIR_BENCH_TRAFFIC_H
#define WEIR_BENCH_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

// One packet to come.
struct turn {
    uint64_t flow;     // 0..; the same number is the same 5-tuple
    int64_t time_us;   // since the first packet of the traffic
    uint32_t sent[2];  // packets that the client (0) and the server (1) sent before this one
    uint8_t direction; // 0: the client sends, 1: the server
    bool closing;      // its sender has no more to say: FIN where the flow is TCP
};

struct traffic;

struct traffic_kind {
    const char *name;
    const char *help;
    uint64_t flows;   // that are alive at the same time
    uint64_t packets; // how many make a benchmark
    void (*next)(struct traffic *traffic, struct turn *turn);
};

// Ends with a row whose name is NULL.
extern const struct traffic_kind traffic_kinds[];

// Starts traffic of a kind; the same seed gives the same turns. Returns NULL when memory is short.
// The caller frees it with traffic_free.
struct traffic *traffic_create(const struct traffic_kind *kind, uint64_t seed);

void traffic_free(struct traffic *traffic);

// The next packet; times never run backwards. There is always one more.
void traffic_next(struct traffic *traffic, struct turn *turn);

#endif
