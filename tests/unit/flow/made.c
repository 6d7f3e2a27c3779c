// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/flow/made.h"

#include <string.h>

struct flow_key made_key(uint32_t flow, uint8_t protocol)
{
    struct flow_key key = {
        .address = {{10, (uint8_t)(flow >> 16), (uint8_t)(flow >> 8), (uint8_t)flow},
                    {172, 16, (uint8_t)(flow * 7), 1}},
        .vni_protocol = protocol,
    };
    if (protocol != MADE_ICMP) {
        key.port[0] = (uint16_t)(40000 + flow % 20000);
        key.port[1] = 80;
    }
    return key;
}

uint32_t made_key_flow(const struct flow_key *key)
{
    const uint8_t *octets = key->address[0];
    return (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 | octets[3];
}

void made_hash(struct facts *facts)
{
    facts->hash = hash_bytes(&facts->key, sizeof(facts->key), made_secret);
}

struct facts made_facts(const struct made *made)
{
    uint32_t bytes = made->bytes != 0 ? made->bytes : MADE_BYTES;
    struct facts facts = {
        .key = made_key(made->flow, made->protocol),
        .time_us = made->time_us,
        .bytes = bytes,
        .wire_bytes = bytes + MADE_FRAME_BYTES,
        .flags = FACTS_MAC,
        .direction = made->direction,
        // Different in each packet, as each is told of the first or of all of them.
        .ttl = (uint8_t)(made->time_us % 199),
        .tos = (uint8_t)(made->time_us % 61),
        .source_mac = {2, made->direction, (uint8_t)made->time_us},
        .destination_mac = {2, !made->direction, (uint8_t)made->time_us},
    };
    if (made->protocol == MADE_TCP) {
        facts.flags |= FACTS_TCP;
        facts.tcp_flags = made->tcp_flags;
        facts.tcp_sequence = made->sequence;
        facts.tcp_length = made->length;
        facts.tcp_options = UINT64_C(1) << (made->time_us & 63);
    } else if (made->protocol == MADE_ICMP) {
        facts.flags |= FACTS_ICMP;
        facts.icmp_type = (uint8_t)(made->time_us % 40);
        facts.icmp_code = (uint8_t)(made->time_us % 15);
    }
    made_hash(&facts);
    return facts;
}

void made_fragment_later(struct facts *facts)
{
    facts->flags &= (uint16_t) ~(FACTS_TCP | FACTS_ICMP);
    facts->flags |= FACTS_FRAGMENT_LATER;
    facts->tcp_flags = 0;
    facts->tcp_options = 0;
    facts->icmp_type = 0;
    facts->icmp_code = 0;
}
