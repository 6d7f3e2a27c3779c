// SPDX-License-Identifier: Apache-2.0
// What was said of a flow when it ended, and sets of that.
#ifndef WEIR_TESTS_FLOW_SAID_H
#define WEIR_TESTS_FLOW_SAID_H

#include <stddef.h>

#include "dataplane/flow/flow_entry.h"

struct said_side {
    uint64_t packets, bytes, wire_bytes;
    uint64_t retransmits;
    uint64_t tcp_options;
    uint64_t tcp_syn_bytes;
    uint8_t tcp_flags, ttl, tos, has_transport, icmp_type, icmp_code;
    uint8_t mac[6];
};

// Compared as octets: made by said_init, filled member by member.
struct said {
    struct flow_key key;
    int64_t start_us, end_us;
    uint64_t gap_squares;
    int64_t rtt_us; // -1: unknown
    uint32_t end;   // enum flow_end
    uint32_t source;
    struct said_side side[2];
};

void said_init(struct said *said);
void said_of_entry(struct said *said, const struct flow_entry *flow, enum flow_end end);

// Grows on the heap; starts as zeros.
struct said_set {
    struct said *items;
    size_t count, room;
};

// A new item, made by said_init.
struct said *said_set_add(struct said_set *set);
void said_set_free(struct said_set *set);

// Fails the test at the first difference, whatever the order of the two.
void said_sets_compare(struct said_set *one, struct said_set *other);

#endif
