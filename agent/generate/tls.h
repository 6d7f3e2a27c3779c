// SPDX-License-Identifier: Apache-2.0
// The hellos of TLS 1.3, which TLS and QUIC both begin with.
#ifndef WEIR_GENERATE_TLS_H
#define WEIR_GENERATE_TLS_H

#include "agent/generate/protocol.h"

// Both write a handshake message, without a record around it, and return its length. `is_quic`:
// with what QUIC adds to it.
unsigned tls_client_hello(const struct making *making, uint8_t *to, bool is_quic);
unsigned tls_server_hello(const struct making *making, uint8_t *to, bool is_quic);

void tls_random(struct draw *draw, uint8_t *to, unsigned count);

enum { TLS_NOISE = 1 << 14 };

// What is encrypted: at most TLS_NOISE / 2 octets of the making's noise.
void tls_encrypted(const struct making *making, uint8_t *to, unsigned count);

#endif
