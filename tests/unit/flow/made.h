// SPDX-License-Identifier: Apache-2.0
// Facts of packets that nobody sent: what the parser would have told, by the few things that a
// test cares for.
#ifndef WEIR_TESTS_FLOW_MADE_H
#define WEIR_TESTS_FLOW_MADE_H

#include "dataplane/base/hash.h"
#include "dataplane/packet/facts.h"

enum { MADE_ICMP = 1, MADE_TCP = 6, MADE_UDP = 17, MADE_BYTES = 100, MADE_FRAME_BYTES = 14 };
enum { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10 };

// The same in every run, so that a failure comes again.
static const struct hash_secret made_secret = {.seed = 7};

struct made {
    int64_t time_us;
    uint32_t flow; // which key: its number is in the key's addresses
    uint8_t protocol;
    uint8_t direction;
    uint8_t tcp_flags;
    uint32_t sequence;
    uint32_t length; // in sequence numbers
    uint32_t bytes;  // 0: MADE_BYTES
};

struct flow_key made_key(uint32_t flow, uint8_t protocol);

// The number that made_key was given.
uint32_t made_key_flow(const struct flow_key *key);

struct facts made_facts(const struct made *made);

// Takes away what only the transport's header tells, as for a later fragment that met its first.
void made_fragment_later(struct facts *facts);

// Writes the hash again, for facts whose key was changed.
void made_hash(struct facts *facts);

#endif
