// SPDX-License-Identifier: Apache-2.0
// What a query tells apart: a property that flows have, such as an address, a port or a protocol.
#ifndef WEIR_QUERY_SUBJECT_H
#define WEIR_QUERY_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/base/error.h"
#include "dataplane/window/pane_flow.h"

enum subject_kind {
    SUBJECT_SOURCE,      // address of the end that began the flow
    SUBJECT_DESTINATION, // address of the other
    SUBJECT_ADDRESS,     // either: each flow counts to both its ends
    SUBJECT_SOURCE_PREFIX,
    SUBJECT_DESTINATION_PREFIX,
    SUBJECT_PREFIX, // either; a flow inside one prefix counts to it once
    SUBJECT_SOURCE_PORT,
    SUBJECT_DESTINATION_PORT,
    SUBJECT_PORT,        // either
    SUBJECT_PROTOCOL,    // the application's name where it is known, else the transport's
    SUBJECT_TRANSPORT,   // the IP protocol
    SUBJECT_APPLICATION, // flows of unknown ones are left out
    SUBJECT_VLAN,        // all ids of a frame, outermost first: "100" or "100.200"
    SUBJECT_VNI,
    SUBJECT_TEID,         // either direction's
    SUBJECT_CONVERSATION, // two addresses, whichever began
    SUBJECT_SOURCE_MAC,
    SUBJECT_DESTINATION_MAC,
    SUBJECT_MAC, // either
    SUBJECT_KIND_COUNT,
};

extern const char *const subject_kind_names[SUBJECT_KIND_COUNT + 1]; // ends with NULL

struct subject {
    enum subject_kind kind;
    uint8_t ipv4_bits; // of the *_PREFIX kinds: 24 unless given
    uint8_t ipv6_bits; // 48 unless given
};

enum { SUBJECT_KEY_BYTES = 40, SUBJECT_TEXT_MAX = 96, SUBJECT_KEYS_MAX = 2 };

// One subject of one kind, to be hashed and compared whole; what is not used is zero. Keys order
// (memcmp) as their kind does: ports by number, addresses by octets, IPv4 first.
struct subject_key {
    uint8_t octets[SUBJECT_KEY_BYTES];
};

// The subjects that a flow counts to, at most SUBJECT_KEYS_MAX and none twice. Returns how many: 0
// where the flow has no such property. Any thread.
unsigned subject_keys(const struct subject *subject, const struct pane_flow *flow,
                      struct subject_key keys[SUBJECT_KEYS_MAX]);

// Writes the subject for a reader: "10.0.0.1", "10.0.0.0/8", "443", "dns", "02:00:00:00:00:01",
// "10.0.0.1 192.0.2.7" (a conversation, the lower address first).
void subject_text(const struct subject *subject, const struct subject_key *key,
                  char text[SUBJECT_TEXT_MAX]);

#endif
