// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/flow/said.h"

void said_init(struct said *said)
{
    memset(said, 0, sizeof(*said));
    said->rtt_us = -1;
}

static void side_of_entry(struct said_side *said, const struct flow_entry *flow, unsigned side)
{
    const struct flow_side *from = &flow->side[side];
    said->packets = from->packets;
    said->bytes = from->bytes;
    said->wire_bytes = from->wire_bytes;
    said->retransmits = flow->retransmits[side];
    said->has_transport = flow->has_transport[side];
    said->tcp_flags = flow->tcp_flags[side];
    said->tcp_options = flow->tcp_options[side];
    said->ttl = flow->ttl[side];
    said->tos = flow->tos[side];
    memcpy(said->mac, flow->mac[side], sizeof(said->mac));
    if (flow_protocol(flow) == 6) {
        said->tcp_syn_bytes = flow->tcp_syn_bytes[side];
    } else if (flow_protocol(flow) == 1) {
        said->icmp_type = flow->icmp[side].type;
        said->icmp_code = flow->icmp[side].code;
    }
}

void said_of_entry(struct said *said, const struct flow_entry *flow, enum flow_end end)
{
    said->key = flow->key;
    said->start_us = flow->start_us;
    said->end_us = flow->start_us + flow->last_us;
    said->gap_squares = flow->gap_squares;
    said->end = end;
    said->source = flow_source(flow);
    if (flow->state & FLOW_ESTABLISHED) {
        said->rtt_us = flow->handshake;
    }
    side_of_entry(&said->side[0], flow, 0);
    side_of_entry(&said->side[1], flow, 1);
}

struct said *said_set_add(struct said_set *set)
{
    if (set->count == set->room) {
        set->room = set->room * 2 + 64;
        set->items = reallocarray(set->items, set->room, sizeof(*set->items));
        assert_non_null(set->items);
    }
    struct said *said = &set->items[set->count++];
    said_init(said);
    return said;
}

void said_set_free(struct said_set *set)
{
    free(set->items);
    *set = (struct said_set){0};
}

static int octets_compare(const void *one, const void *other)
{
    return memcmp(one, other, sizeof(struct said));
}

void said_sets_compare(struct said_set *one, struct said_set *other)
{
    assert_int_equal(one->count, other->count);
    qsort(one->items, one->count, sizeof(struct said), octets_compare);
    qsort(other->items, other->count, sizeof(struct said), octets_compare);
    for (size_t i = 0; i < one->count; i++) {
        assert_memory_equal(&one->items[i], &other->items[i], sizeof(struct said));
    }
}
