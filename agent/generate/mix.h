// SPDX-License-Identifier: Apache-2.0
// The flows of all protocols: which begin, which go on, which end. One thread at a time.
#ifndef WEIR_GENERATE_MIX_H
#define WEIR_GENERATE_MIX_H

#include "agent/generate/flow_set.h"
#include "agent/generate/packet_write.h"
#include "agent/generate/profile.h"
#include "agent/generate/rates.h"
#include "agent/generate/wheel.h"

enum { MIX_TICK_US = 1000, MIX_FLOWS_MAX = 1 << 20 };

// Of one protocol.
struct share {
    struct rate rate;
    double packets; // due; below 0: paid ahead
    double flows;
    struct flow_list ready; // flows that wait for an exchange, longest first
    uint32_t active;
    uint32_t active_max;
    uint32_t drained; // in a tick, where it has no packets any more
    bool spares;      // ends the next flow of too many
};

struct mix {
    const struct profile *profile; // whoever made it changes it
    struct draw *draw;
    struct wheel *wheel; // its items up to MIX_FLOWS_MAX are flows
    struct share of[PROTOCOL_COUNT];
    struct flow_set set;
    struct packet_writer writer;
    struct flow_sizes sizes;
    uint64_t begun;     // flows
    uint32_t hellos;    // of QUIC
    int64_t settled_us; // until then exchanges end that were begun at rates that changed
    bool is_ending;
};

// What it is given stays in place until mix_fini. 0, or -ENOMEM.
int mix_init(struct mix *mix, const struct profile *profile, struct draw *draw,
             struct wheel *wheel);
void mix_fini(struct mix *mix);

// Those of the profile, at first and when it changes.
void mix_set(struct mix *mix, const struct rate rates[PROTOCOL_COUNT]);

// Begins what is due in the tick that begins then.
void mix_tick(struct mix *mix, int64_t tick_us);

// The time is over: flows of TCP that wait are closed, the others need no end.
void mix_end(struct mix *mix);

// The calendar has come to the flow of that number: writes its next frame and returns its length.
unsigned mix_step(struct mix *mix, uint32_t number, uint8_t *frame);

#endif
