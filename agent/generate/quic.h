// SPDX-License-Identifier: Apache-2.0
// The first packets of QUIC connections. What they cost is their encryption, with keys that hang on
// the connection's id: as much as twenty other packets.
#ifndef WEIR_GENERATE_QUIC_H
#define WEIR_GENERATE_QUIC_H

#include <stdint.h>

enum {
    QUIC_HELLOS = 4096,  // that are kept
    QUIC_REPEATED = 256, // where they are used again
    QUIC_FRESH = 10000,  // a second; more are not made
};

struct quic_hellos;

struct quic_hellos *quic_hellos_create(void); // NULL: no memory
void quic_hellos_free(struct quic_hellos *hellos);

// A flow's id, from how many there were before: each has hellos of its own where not too many begin
// a second, else those of a connection before it are used again.
static inline uint32_t quic_id(uint32_t number, double flows_per_second)
{
    return flows_per_second <= QUIC_FRESH ? number : number % QUIC_REPEATED;
}

#endif
