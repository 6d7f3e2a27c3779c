// SPDX-License-Identifier: Apache-2.0
// PPP, on a serial link, in PPPoE and in tunnels.
#include "dataplane/parse/octets.h"
#include "dataplane/parse/walk.h"

enum { PPPOE_BYTES = 6, PPPOE_VERSION_TYPE = 0x11, PPPOE_SESSION = 0 };

enum parse_step parse_pppoe(struct parse_walk *walk)
{
    if (walk->captured < PPPOE_BYTES) {
        return walk_reject(walk, PARSE_REJECT_LINK_TRUNCATED);
    }
    if (walk->at[0] != PPPOE_VERSION_TYPE || walk->at[1] != PPPOE_SESSION) {
        return walk_reject(walk, PARSE_REJECT_PPPOE_HEADER);
    }
    walk_advance(walk, PPPOE_BYTES);
    return STEP_PPP;
}

// Captures of PPP links may hold Cisco HDLC, which its address octet tells apart.
enum parse_step parse_ppp_link(struct parse_walk *walk)
{
    enum { HDLC_UNICAST = 0x0f, HDLC_MULTICAST = 0x8f };
    if (walk->captured > 0 && (walk->at[0] == HDLC_UNICAST || walk->at[0] == HDLC_MULTICAST)) {
        return STEP_CISCO_HDLC;
    }
    return STEP_PPP;
}

static enum parse_step ppp_protocol(struct parse_walk *walk, uint16_t protocol)
{
    enum { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057, PPP_MPLS = 0x0281, PPP_MPLS_MULTICAST = 0x0283 };
    enum { PPP_CONTROL = 0x8000 }; // from here on: network control, link control, authentication

    switch (protocol) {
    case PPP_IPV4:
        return STEP_IPV4;
    case PPP_IPV6:
        return STEP_IPV6;
    case PPP_MPLS:
    case PPP_MPLS_MULTICAST:
        return STEP_MPLS;
    default:
        return walk_reject(walk, protocol >= PPP_CONTROL ? PARSE_REJECT_PPP_CONTROL
                                                         : PARSE_REJECT_UNKNOWN_PPP_PROTOCOL);
    }
}

// Address and control (ff 03) may be left out, and so may a first protocol octet of 0: the last
// octet of a protocol number is odd, any other even.
enum parse_step parse_ppp(struct parse_walk *walk)
{
    enum { ADDRESS_CONTROL = 0xff03 };
    if (walk->captured >= 2 && load_be16(walk->at) == ADDRESS_CONTROL) {
        walk_advance(walk, 2);
    }
    if (walk->captured >= 1 && (walk->at[0] & 1) != 0) {
        const uint8_t compressed = walk->at[0];
        walk_advance(walk, 1);
        return ppp_protocol(walk, compressed);
    }
    if (walk->captured < 2) {
        return walk_reject(walk, PARSE_REJECT_LINK_TRUNCATED);
    }
    const uint16_t protocol = load_be16(walk->at);
    walk_advance(walk, 2);
    return ppp_protocol(walk, protocol);
}
