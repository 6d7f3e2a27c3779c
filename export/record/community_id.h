// SPDX-License-Identifier: Apache-2.0
// Community ID, version 1: a name for a flow that every tool which follows the specification
// computes alike, whichever direction it saw first.
#ifndef WEIR_RECORD_COMMUNITY_ID_H
#define WEIR_RECORD_COMMUNITY_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "export/record/record.h"

enum { COMMUNITY_ID_DIGEST_BYTES = 20 };

// The SHA-1 of the flow's seed, addresses, protocol and ports. False, and `digest` untouched, where
// a part is not known: the addresses or the protocol, the ports of a protocol that has them, the
// source's ICMP type and code.
bool community_id_digest(const struct record *flow, uint16_t seed,
                         uint8_t digest[COMMUNITY_ID_DIGEST_BYTES]);

// "1:" and the digest in base64, with a final NUL.
void community_id_write(const uint8_t digest[COMMUNITY_ID_DIGEST_BYTES],
                        char text[FIELD_TEXT_BYTES]);

#endif
