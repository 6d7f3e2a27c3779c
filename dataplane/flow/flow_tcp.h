// SPDX-License-Identifier: Apache-2.0
// What a TCP segment does to its flow. Inside of the flow table.
#ifndef WEIR_FLOW_FLOW_TCP_H
#define WEIR_FLOW_FLOW_TCP_H

#include "dataplane/flow/flow_store.h"

enum { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_ACK = 0x10 };

// Handshake and close: the segments that change the flow's state. `now_us` since the flow's start;
// the packet is not yet counted.
void flow_tcp_state(struct flow_table *table, struct flow_entry *entry, const struct facts *facts,
                    uint32_t now_us);

// A segment that brings nothing past the highest sequence number seen is a retransmission, but for
// the single old octet of a keep-alive (RFC 9293, 3.8.4). One that only arrives out of order looks
// the same from here and counts too. A SYN of another number opens a connection over the same ports
// whose predecessor's end was not seen: numbers start anew with it.
static inline void flow_tcp_sequence(struct flow_entry *entry, const struct facts *facts)
{
    struct flow_side *side = &entry->side[facts->direction];
    uint32_t end = facts->tcp_sequence + facts->tcp_length;
    if (!entry->has_transport[facts->direction]) {
        entry->has_transport[facts->direction] = 1;
        side->tcp_next = end;
    } else if (facts->tcp_length != 0) {
        int32_t ahead = (int32_t)(end - side->tcp_next);
        if (ahead > 0 || facts->tcp_flags & TCP_SYN) {
            side->tcp_next = end;
            ahead = ahead != 0; // as it stands for a SYN: anew, or once more
        }
        bool keep_alive =
            facts->tcp_length == 1 && ahead == 0 && !(facts->tcp_flags & (TCP_SYN | TCP_FIN));
        if (__builtin_expect(ahead <= 0 && !keep_alive, 0)) {
            entry->retransmits[facts->direction]++;
        }
    }
}

static inline void flow_tcp_add(struct flow_table *table, struct flow_entry *entry,
                                const struct facts *facts, uint32_t now_us)
{
    flow_tcp_sequence(entry, facts);
    entry->tcp_flags[facts->direction] |= facts->tcp_flags;
    if (facts->tcp_options != 0) {
        entry->tcp_options[facts->direction] |= facts->tcp_options;
    }
    bool handshake = (entry->state & (FLOW_SYN_ACK | FLOW_ESTABLISHED)) == FLOW_SYN_ACK;
    if (__builtin_expect((facts->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) != 0 || handshake, 0)) {
        flow_tcp_state(table, entry, facts, now_us);
    }
}

#endif
