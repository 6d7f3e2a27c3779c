// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow/flow_tcp.h"

#include "dataplane/flow/flow_expiry.h"

static void source_set(struct flow_entry *entry, unsigned direction)
{
    entry->state = (uint8_t)((entry->state & ~FLOW_SOURCE) | (direction ? FLOW_SOURCE : 0));
}

// The round trip of the handshake is what passes between the last SYN and the ACK that completes
// it: from the sensor to the server and back, and from the sensor to the client and back.
static void handshake_step(struct flow_entry *entry, const struct facts *facts, uint32_t now_us)
{
    uint8_t flags = facts->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST);
    unsigned direction = facts->direction;
    if (entry->state & FLOW_ESTABLISHED) {
        return;
    }
    if (flags == TCP_SYN) {
        if (!(entry->state & FLOW_SYN)) {
            source_set(entry, direction);
        }
        entry->state |= FLOW_SYN;
        entry->handshake = now_us;
    } else if (flags == (TCP_SYN | TCP_ACK)) {
        if (!(entry->state & FLOW_SYN)) {
            source_set(entry, !direction);
        } else if (direction != flow_source(entry)) {
            entry->state |= FLOW_SYN_ACK;
        }
    } else if (flags == TCP_ACK && entry->state & FLOW_SYN_ACK && direction == flow_source(entry)) {
        entry->state |= FLOW_ESTABLISHED;
        entry->handshake = now_us - entry->handshake;
    }
}

void flow_tcp_state(struct flow_table *table, struct flow_entry *entry, const struct facts *facts,
                    uint32_t now_us)
{
    uint16_t *syn_bytes = &entry->tcp_syn_bytes[facts->direction];
    if (facts->tcp_flags & TCP_SYN && *syn_bytes == 0) {
        *syn_bytes = (uint16_t)(facts->bytes < UINT16_MAX ? facts->bytes : UINT16_MAX);
    }
    handshake_step(entry, facts, now_us);
    if (entry->state & FLOW_CLOSED) {
        return;
    }
    if (facts->tcp_flags & TCP_FIN) {
        entry->state |= facts->direction ? FLOW_FIN_1 : FLOW_FIN_0;
    }
    if (facts->tcp_flags & TCP_RST) {
        entry->state |= FLOW_RST;
    }
    bool both_fins = (entry->state & (FLOW_FIN_0 | FLOW_FIN_1)) == (FLOW_FIN_0 | FLOW_FIN_1);
    if (both_fins || entry->state & FLOW_RST) {
        entry->state |= FLOW_CLOSED;
        flow_timer_set(&table->timer, flow_store_slot(table, entry),
                       entry->start_us + flow_deadline(table, entry));
    }
}
