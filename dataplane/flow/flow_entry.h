// SPDX-License-Identifier: Apache-2.0
// What is remembered of one flow while it lives.
//
// The first two lines of an entry are all that a common packet touches at random: identity and
// times, then counters. The third holds what few packets of a flow write. What few flows have
// (labels, tunnels) lies in a side pool. "Direction" is the endpoint of the key that sent the
// packet (0 or 1); which of the two is the flow's source is one bit, so that a SYN seen late turns
// the roles without moving a counter.
#ifndef WEIR_FLOW_FLOW_ENTRY_H
#define WEIR_FLOW_FLOW_ENTRY_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "dataplane/packet/facts.h"

enum flow_end {
    FLOW_END_IDLE,
    FLOW_END_ACTIVE,
    FLOW_END_FIN,
    FLOW_END_RST,
    FLOW_END_EVICTED,
    FLOW_END_SHUTDOWN,
    FLOW_END_COUNT,
};

// The TCP life of a flow, as far as a sensor in the middle can tell.
//   bits SYN, SYN_ACK, ESTABLISHED: set once, by the segments of the handshake in that order;
//   FIN_0, FIN_1: that endpoint has sent a FIN; both: the flow is closed, by `fin`;
//   RST: one endpoint has sent a RST: the flow is closed, by `rst` unless both FINs came before.
// A closed flow takes stray segments in (the last ACK, retransmissions) until flow.tcp_linger has
// passed without one, or a SYN opens the next connection of the same ports.
enum flow_state {
    FLOW_SYN = 1 << 0,
    FLOW_SYN_ACK = 1 << 1,
    FLOW_ESTABLISHED = 1 << 2,
    FLOW_FIN_0 = 1 << 3,
    FLOW_FIN_1 = 1 << 4,
    FLOW_RST = 1 << 5,
    FLOW_CLOSED = 1 << 6,
    FLOW_SOURCE = 1 << 7, // the source is endpoint 1
};

#define FLOW_NO_RARE UINT32_MAX

struct flow_side {
    uint64_t bytes;
    uint64_t wire_bytes;
    uint32_t packets;
    uint32_t tcp_next; // the sequence number after the highest seen
};

// Aligned, so that an entry never straddles a fourth line.
struct flow_entry {
    struct flow_key key;
    int64_t start_us;
    uint32_t last_us; // of the latest packet, since start_us
    uint32_t epoch;   // of the activity list that the entry is in

    struct flow_side side[2];

    uint64_t gap_squares; // sum of squared gaps between packets, us^2 (wraps past 2^64)
    uint16_t application;
    uint8_t state;        // enum flow_state
    uint8_t tcp_flags[2]; // of all segments together
    uint8_t
        has_transport[2]; // 1: a packet told its TCP or ICMP header; 0: that of none was at hand
    uint8_t signatures;   // enum signature, four bits for each direction: see signature.h

    uint64_t tcp_options[2];
    uint32_t retransmits[2];
    uint32_t handshake; // the SYN's time since start_us; once ESTABLISHED: the round trip, us
    uint32_t activity;  // index in the activity list
    uint32_t rare;      // index in the side pool or FLOW_NO_RARE
    union {
        uint16_t tcp_syn_bytes[2]; // octets of the IP packet of the SYN
        struct {
            uint8_t type, code;
        } icmp[2]; // of the direction's first packet that has them
    };
    uint8_t mac[2][6];
    uint8_t ttl[2]; // ttl, tos: of the direction's first packet
    uint8_t tos[2];
    uint8_t has_mac;
} __attribute__((aligned(64)));
static_assert(sizeof(struct flow_entry) == 192, "three cache lines");
static_assert(__builtin_offsetof(struct flow_entry, side) == 64, "identity fills the first");
static_assert(__builtin_offsetof(struct flow_entry, tcp_options) == 128, "counters the second");

// Labels, tunnel and its endpoints: by direction where they differ by it.
struct flow_rare {
    uint32_t mpls[2][MPLS_LABELS_MAX];
    uint32_t teid[2];
    uint8_t mpls_count[2];
    uint8_t has_teid[2];
    uint8_t qfi[2];
    uint8_t has_qfi[2];
    uint8_t tunnel; // enum tunnel_type
    uint8_t tunnel_ipv6;
    uint8_t tunnel_address[2][16]; // [d]: the tunnel end that packets of direction d come from
};

// A flow that ended, as it leaves the worker.
struct flow_record {
    struct flow_entry flow;
    struct flow_rare rare;  // where flow.rare != FLOW_NO_RARE
    uint64_t capture_drops; // packets that the capture lost in the panes of the flow's time
    uint8_t end;            // enum flow_end
};

// What a flow did since it was listed, both directions together.
struct flow_activity {
    uint64_t packets;
    uint64_t bytes;
    uint64_t wire_bytes;
};

static inline unsigned flow_source(const struct flow_entry *entry)
{
    return (entry->state & FLOW_SOURCE) != 0;
}

// A packet or two that nobody answered: what floods and scans are made of.
static inline bool flow_is_slight(const struct flow_entry *entry)
{
    uint32_t both = entry->side[0].packets + entry->side[1].packets;
    return both <= 2 && (entry->side[0].packets == 0 || entry->side[1].packets == 0);
}

static inline uint8_t flow_protocol(const struct flow_entry *entry)
{
    return (uint8_t)entry->key.vni_protocol;
}

#endif
