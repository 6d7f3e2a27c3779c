// SPDX-License-Identifier: Apache-2.0
// The packets of an anomaly that has some of its own: floods, scans, amplification, new talkers.
#ifndef WEIR_GENERATE_ATTACK_H
#define WEIR_GENERATE_ATTACK_H

#include "agent/generate/draw.h"
#include "agent/generate/frame.h"
#include "agent/generate/order.h"

struct attack {
    const struct order *order;
    int64_t due_us;   // of its next packet
    bool waits;       // for that, in the calendar
    double gap_us;    // between what is counted by the order's strength
    uint64_t made;    // of those
    uint32_t draw;    // of the one that is being made
    uint16_t port;    // the attacker's
    bool is_answered; // the answer comes next
};

// The order says its strength, above 0.
void attack_init(struct attack *attack, const struct order *order, int64_t begin_us);

// Writes the next packet and returns its frame's length; *gap_us is after how many microseconds the
// one behind it comes.
unsigned attack_write(struct attack *attack, uint32_t inside, struct draw *draw, uint8_t *frame,
                      int64_t *gap_us);

#endif
