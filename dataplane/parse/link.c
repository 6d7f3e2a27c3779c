// SPDX-License-Identifier: Apache-2.0
// The first header of a frame, by link type, up to the ethertype.
#include "dataplane/parse/octets.h"
#include "dataplane/parse/walk.h"

enum {
    ETHERNET_BYTES = 14,
    SLL_BYTES = 16,
    SLL2_BYTES = 20,
    LOOPBACK_BYTES = 4,
    HDLC_BYTES = 4,
};

enum parse_step parse_ethernet(struct parse_walk *walk)
{
    if (walk->captured < ETHERNET_BYTES) {
        return walk_reject(walk, PARSE_REJECT_LINK_TRUNCATED);
    }
    if (walk->ethernet == NULL) {
        walk->ethernet = walk->at;
    }
    walk->protocol = load_be16(walk->at + 12);
    walk_advance(walk, ETHERNET_BYTES);
    return STEP_ETHERTYPE;
}

// Cooked captures number what is no ethertype below 1536; only two of these carry packets.
static enum parse_step cooked_protocol(struct parse_walk *walk, uint16_t protocol)
{
    enum { COOKED_NOVELL = 1, COOKED_LLC = 4, ETHERTYPES = 0x0600 };
    walk->protocol = protocol;
    if (protocol >= ETHERTYPES) {
        return STEP_ETHERTYPE;
    }
    if (protocol == COOKED_NOVELL || protocol == COOKED_LLC) {
        return STEP_LLC;
    }
    return walk_reject(walk, PARSE_REJECT_UNKNOWN_ETHERTYPE);
}

enum parse_step parse_linux_sll(struct parse_walk *walk)
{
    if (walk->captured < SLL_BYTES) {
        return walk_reject(walk, PARSE_REJECT_LINK_TRUNCATED);
    }
    const uint16_t protocol = load_be16(walk->at + 14);
    walk_advance(walk, SLL_BYTES);
    return cooked_protocol(walk, protocol);
}

enum parse_step parse_linux_sll2(struct parse_walk *walk)
{
    if (walk->captured < SLL2_BYTES) {
        return walk_reject(walk, PARSE_REJECT_LINK_TRUNCATED);
    }
    const uint16_t protocol = load_be16(walk->at);
    walk_advance(walk, SLL2_BYTES);
    return cooked_protocol(walk, protocol);
}

// Families are small numbers, so that their byte order shows: no need to know the capturing host's.
enum parse_step parse_loopback(struct parse_walk *walk)
{
    // AF_INET is 2 everywhere; AF_INET6 is Linux's, NetBSD's and OpenBSD's, FreeBSD's, macOS's.
    enum { FAMILY_IPV4 = 2 };
    static const uint8_t ipv6_families[] = {10, 24, 28, 30};

    if (walk->captured < LOOPBACK_BYTES) {
        return walk_reject(walk, PARSE_REJECT_LINK_TRUNCATED);
    }
    uint32_t family = load_be32(walk->at);
    if (family > UINT16_MAX) {
        family = __builtin_bswap32(family);
    }
    walk_advance(walk, LOOPBACK_BYTES);
    if (family == FAMILY_IPV4) {
        return STEP_IPV4;
    }
    for (unsigned i = 0; i < sizeof(ipv6_families); i++) {
        if (family == ipv6_families[i]) {
            return STEP_IPV6;
        }
    }
    return walk_reject(walk, PARSE_REJECT_UNKNOWN_ADDRESS_FAMILY);
}

// Ethertypes but for three numbers of its own; 0x8035, RARP elsewhere, is its address resolution.
enum parse_step parse_cisco_hdlc(struct parse_walk *walk)
{
    enum { HDLC_CDP = 0x2000, HDLC_SLARP = 0x8035, HDLC_OSI = 0xfefe };

    if (walk->captured < HDLC_BYTES) {
        return walk_reject(walk, PARSE_REJECT_LINK_TRUNCATED);
    }
    walk->protocol = load_be16(walk->at + 2);
    walk_advance(walk, HDLC_BYTES);
    switch (walk->protocol) {
    case HDLC_CDP:
        return walk_reject(walk, PARSE_REJECT_CISCO_DISCOVERY);
    case HDLC_SLARP:
        return walk_reject(walk, PARSE_REJECT_SLARP);
    case HDLC_OSI:
        return walk_reject(walk, PARSE_REJECT_OSI);
    default:
        return STEP_ETHERTYPE;
    }
}
