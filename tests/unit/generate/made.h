// SPDX-License-Identifier: Apache-2.0
// What the generator's tests share: a generator of a profile in words, and a reader of its frames
// that knows nothing of how they are made.
#ifndef WEIR_TESTS_GENERATE_MADE_H
#define WEIR_TESTS_GENERATE_MADE_H

#include "agent/generate/frame.h"
#include "agent/generate/generator.h"

// The pairs of names and texts, up to a NULL, are as for profile_set. Fails the test where they are
// wrong.
struct profile made_profile(const char *const *settings);
struct generator *made_generator(const char *const *settings);

struct generated {
    int64_t time_us;
    unsigned length;
};

// The next frame, whenever it is. False: the time is over.
bool made_next(struct generator *generator, uint8_t *frame, struct generated *generated);

// What a frame says, outermost first: a packet in a tunnel is looked into.
struct made_packet {
    bool is_v6;
    bool is_tunnelled;
    uint8_t source[16]; // zeros behind four octets of IPv4
    uint8_t destination[16];
    uint8_t protocol;
    uint8_t flags;    // of TCP
    uint16_t port[2]; // source, destination
    uint32_t sequence;
    uint32_t acknowledged;
    unsigned payload; // octets
    unsigned ip_bytes;
};

// Fails the test where a length or a checksum is wrong.
void made_read(const uint8_t *frame, unsigned length, struct made_packet *packet);

#endif
