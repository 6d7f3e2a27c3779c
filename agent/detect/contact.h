// SPDX-License-Identifier: Apache-2.0
// What a flow tells of who asked whom for what, and whether anybody answered: the part of a
// pane_flow that watches on addresses are about.
//
// In the pane of its first packet a flow can be unanswered only because the answer takes its time;
// contacts remember the flows that were, so that the answer, when it comes, can be taken for one
// (`late`) by whoever counted the flow as unanswered.
#ifndef WEIR_DETECT_CONTACT_H
#define WEIR_DETECT_CONTACT_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/base/hash.h"
#include "dataplane/window/pane_flow.h"

enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ICMPV6 = 58 };

enum { CONTACT_SOURCE, CONTACT_DESTINATION };

struct contact {
    const struct pane_flow *flow;
    uint64_t hash[2];          // keyed, of the addresses: source, destination
    uint64_t prefix[2];        // of their prefixes: /24, or /48 of IPv6
    uint64_t flow_hash;        // of the flow's key
    const uint8_t *address[2]; // source, destination
    bool ipv6;
    uint8_t protocol;
    uint16_t port;      // the destination's
    uint64_t packets;   // of the pane, from the source as far as the flow's totals tell
    uint32_t sent, got; // packets since its start: by the source, by the destination
    bool begun;         // the flow's first packet is in this pane
    bool asks;          // the source asked for something: TCP with its SYN, UDP, ICMP echo
    bool reached;       // asks, and the destination is there: it did not just refuse
    bool served;        // reached, and the source took it: TCP's handshake is complete
    bool late;          // reached or served now, but not in the pane in which it was begun
    bool group;         // to a multicast or broadcast address
    // The ends, or the source's prefix, were not seen for a day; set by talkers, where the flow is
    // answered.
    bool new_end[2], new_prefix;
};

enum { CONTACTS_WAITING = 1 << 16 };

struct contacts {
    struct hash_secret secret;
    uint32_t waiting[CONTACTS_WAITING]; // tags of flows that nobody answered, the latest of each
};

void contacts_init(struct contacts *contacts, struct hash_secret secret);

uint64_t contact_hash(const struct contacts *contacts, const uint8_t address[16], bool ipv6);

// The keyed hash of an address's prefix.
uint64_t contact_prefix_hash(const struct contacts *contacts, const uint8_t address[16], bool ipv6);

// Fills *contact, which points into the flow, but for `late`, and fetches what that is told by.
void contact_read(const struct contacts *contacts, struct contact *contact,
                  const struct pane_flow *flow);

// Fills in `late`. In the order of the flows.
void contact_wait(struct contacts *contacts, struct contact *contact);

#endif
