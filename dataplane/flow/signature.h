// SPDX-License-Identifier: Apache-2.0
// Which protocol an end of a flow speaks, as far as the first eight octets of its first payload
// tell without doubt. It is no part of records and does not name the application: it is for those
// who ask whether a port carries what it is for.
//
// "First" is the first packet with eight octets of payload at hand that are not all 0. Of a flow
// that was under way before it was seen, and of the later parts of one that the active timeout
// divides, that is some packet in its midst.
#ifndef WEIR_FLOW_SIGNATURE_H
#define WEIR_FLOW_SIGNATURE_H

#include "dataplane/flow/flow_entry.h"

enum signature {
    SIGNATURE_NONE,  // there was no payload
    SIGNATURE_OTHER, // none of those below
    SIGNATURE_SSH,
    SIGNATURE_TLS, // the handshake's first record
    SIGNATURE_HTTP,
    SIGNATURE_RDP, // a TPKT connection request or confirm, which S7 and H.323 begin with, too
    SIGNATURE_SMB,
    SIGNATURE_VNC,
    SIGNATURE_BITTORRENT,
    SIGNATURE_QUIC, // a long header of version 1, 2, or a draft
    SIGNATURE_DTLS,
    SIGNATURE_WIREGUARD,
    SIGNATURE_COUNT,
};

enum { SIGNATURE_BITS = 4, SIGNATURE_MASK = (1 << SIGNATURE_BITS) - 1 };
static_assert(SIGNATURE_COUNT <= SIGNATURE_MASK + 1, "two of them share an octet");

// For people: "SSH". NULL for NONE and OTHER.
extern const char *const signature_name[SIGNATURE_COUNT];

// What a packet's payload, which is not 0, tells. Any thread.
enum signature signature_tell(const struct facts *facts);

static inline enum signature signature_of(const struct flow_entry *entry, unsigned direction)
{
    return (enum signature)(entry->signatures >> (SIGNATURE_BITS * direction) & SIGNATURE_MASK);
}

// For each packet of the flow, before or after it is counted.
static inline void signature_note(struct flow_entry *entry, const struct facts *facts)
{
    if (facts->payload != 0 &&
        __builtin_expect(signature_of(entry, facts->direction) == SIGNATURE_NONE, 0)) {
        entry->signatures |=
            (uint8_t)(signature_tell(facts) << (SIGNATURE_BITS * facts->direction));
    }
}

#endif
