// SPDX-License-Identifier: Apache-2.0
// CAPWAP data (RFC 5415) between an access point and its controller: 802.11 or Ethernet frames.
#include "dataplane/parse/octets.h"
#include "dataplane/parse/walk.h"

enum {
    CAPWAP_BYTES = 8,
    CAPWAP_BINDING_SHIFT = 9,
    CAPWAP_BINDING_80211 = 1,
    CAPWAP_NATIVE = 0x100, // the frame is of the binding's kind, else Ethernet
    CAPWAP_FRAGMENT = 0x080,
    CAPWAP_KEEP_ALIVE = 0x008,
};

enum {
    WIFI_BYTES = 24,
    WIFI_DATA = 0x08, // type data, version 0; its subtype in the upper four bits
    WIFI_KIND_MASK = 0x0f,
    WIFI_QOS = 0x80,
    WIFI_NO_DATA = 0x40,
    WIFI_BOTH_WAYS = 0x03, // to and from the distribution system: a fourth address
    WIFI_PROTECTED = 0x40,
};

// The 802.11 header in front of LLC. Cisco sends the two octets of its frame control swapped.
static enum parse_step wifi_parse(struct parse_walk *walk)
{
    if (walk->captured < WIFI_BYTES) {
        return STEP_END;
    }
    const bool swapped = (walk->at[1] & WIFI_KIND_MASK) == WIFI_DATA;
    const uint8_t kind = walk->at[swapped ? 1 : 0];
    const uint8_t flags = walk->at[swapped ? 0 : 1];
    if ((kind & WIFI_KIND_MASK) != WIFI_DATA || (kind & WIFI_NO_DATA) != 0 ||
        (flags & WIFI_PROTECTED) != 0) {
        return STEP_END;
    }
    const uint32_t bytes = WIFI_BYTES + ((flags & WIFI_BOTH_WAYS) == WIFI_BOTH_WAYS ? 6u : 0) +
                           ((kind & WIFI_QOS) != 0 ? 2u : 0);
    if (walk->captured < bytes) {
        return STEP_END;
    }
    walk_advance(walk, bytes);
    return walk_enter_tunnel(walk, TUNNEL_CAPWAP, STEP_LLC);
}

enum parse_step parse_capwap(struct parse_walk *walk)
{
    if (walk->captured < CAPWAP_BYTES) {
        return STEP_END;
    }
    // 4 bits version and 4 type (both 0: in the clear), 5 header length, 5 radio, 5 binding, flags.
    const uint32_t header = load_be32(walk->at);
    const uint32_t bytes = (header >> 19 & 0x1f) * 4;
    if (header >> 24 != 0 || bytes < CAPWAP_BYTES || walk->captured < bytes ||
        (header & (CAPWAP_FRAGMENT | CAPWAP_KEEP_ALIVE)) != 0) {
        return STEP_END;
    }
    walk_advance(walk, bytes);
    if ((header & CAPWAP_NATIVE) == 0) {
        return walk_enter_tunnel(walk, TUNNEL_CAPWAP, STEP_ETHERNET);
    }
    const unsigned binding = header >> CAPWAP_BINDING_SHIFT & 0x1f;
    return binding == CAPWAP_BINDING_80211 ? wifi_parse(walk) : STEP_END;
}
