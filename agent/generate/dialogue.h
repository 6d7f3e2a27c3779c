// SPDX-License-Identifier: Apache-2.0
// One flow from its first packet to its last: whose turn it is, with what, and when the next one
// is.
//
// A dialogue goes on in exchanges: opening it up, each round of its body, its end. Within an
// exchange packets follow one another as round trips have it; between two it pauses until it is
// told to go on. That is how the generator holds a rate whatever the lengths of flows are.
#ifndef WEIR_GENERATE_DIALOGUE_H
#define WEIR_GENERATE_DIALOGUE_H

#include "agent/generate/protocol.h"

enum dialogue_stage {
    STAGE_SYN,
    STAGE_SYN_ACK,
    STAGE_ACK,
    STAGE_TALK,
    STAGE_FIN,
    STAGE_FIN_ACK,
    STAGE_LAST_ACK,
    STAGE_OVER
};

struct flow {
    uint32_t next; // of the list that it waits in
    uint32_t host[2];
    uint32_t id;
    uint32_t length; // packets of the longer direction that it is to have
    uint32_t sent[2];
    uint32_t sequence[2];
    uint32_t rtt_us;
    uint32_t round;
    uint32_t partner; // the call that an RTP flow belongs to, and the other way round; 0: none
    uint16_t port[2];
    uint16_t mean_bytes; // of IP packets in the longer direction, as the model has it
    uint16_t bulk_bytes; // of each segment in this round
    uint16_t spent;      // packets since the exchange began
    uint8_t bulk_left;
    uint8_t unacknowledged; // segments of bulk
    uint8_t protocol;
    uint8_t stage;
    uint8_t message;
    bool is_v6 : 1;
    bool pauses : 1;    // when what was received is acknowledged
    bool is_ending : 1; // the body is over, however long it has become
};

_Static_assert(sizeof(struct flow) == 64, "a cache line for each");

// The packet whose turn it is.
struct turn {
    enum end from;
    uint8_t tcp_flags;             // of TCP
    const struct message *message; // NULL: no payload
    unsigned bulk_bytes;           // of a bulk message's segment
};

enum { DIALOGUE_PAUSES = -1, DIALOGUE_ENDS = -2 };

// Of a flow that is zeroed but for protocol, length, rtt_us and mean_bytes.
void dialogue_begin(struct flow *flow, struct draw *draw);

// Fills in the packet that is next, which dialogue_advance is to be told of.
void dialogue_turn(const struct flow *flow, struct turn *turn);

// Moves on behind that packet, whose payload had so many octets. Returns after how many
// microseconds the next one comes, below 400000, or DIALOGUE_PAUSES or DIALOGUE_ENDS.
int64_t dialogue_advance(struct flow *flow, const struct turn *turn, unsigned payload,
                         struct draw *draw);

// Makes a flow that pauses in its body go on with its end. Only where it has one: not for UDP.
void dialogue_end(struct flow *flow);

#endif
