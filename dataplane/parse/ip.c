// SPDX-License-Identifier: Apache-2.0
// IPv4, IPv6 and its extension headers: down to the transport header, and no further than the
// packet's own end.
#include "dataplane/parse/octets.h"
#include "dataplane/parse/walk.h"

enum parse_step parse_ip(struct parse_walk *walk)
{
    if (walk->captured == 0) {
        return walk_reject(walk, PARSE_REJECT_LINK_TRUNCATED);
    }
    switch (walk->at[0] >> 4) {
    case 4:
        return STEP_IPV4;
    case 6:
        return STEP_IPV6;
    default:
        return walk_reject(walk, PARSE_REJECT_IP_VERSION);
    }
}

enum {
    IPV4_BYTES = 20,
    IPV4_FRAGMENT_MORE = 0x2000,
    IPV4_FRAGMENT_OFFSET = 0x1fff,
};

static enum facts_flag fragment_flag(bool at_start, bool more)
{
    if (!at_start) {
        return FACTS_FRAGMENT_LATER;
    }
    return more ? FACTS_FRAGMENT_FIRST : 0;
}

enum parse_step parse_ipv4(struct parse_walk *walk)
{
    const uint8_t *header = walk->at;
    if (walk->captured < IPV4_BYTES) {
        return walk_reject(walk, PARSE_REJECT_IPV4_TRUNCATED);
    }
    if (header[0] >> 4 != 4) {
        return walk_reject(walk, PARSE_REJECT_IP_VERSION);
    }
    const uint32_t header_bytes = (header[0] & 0x0fu) * 4;
    if (header_bytes < IPV4_BYTES) {
        return walk_reject(walk, PARSE_REJECT_IPV4_HEADER);
    }
    // 0: the NIC was to cut the packet into segments (TSO) and to fill it in.
    const uint32_t stated_bytes = load_be16(header + 2);
    const uint32_t total_bytes = stated_bytes != 0 ? stated_bytes : walk->left;
    if (total_bytes < header_bytes || total_bytes > walk->left) {
        return walk_reject(walk, PARSE_REJECT_IPV4_LENGTH);
    }
    if (walk->captured < header_bytes) {
        return walk_reject(walk, PARSE_REJECT_IPV4_TRUNCATED);
    }
    const uint16_t fragment = load_be16(header + 6);
    walk->protocol = header[9];
    walk->ip = (struct parse_ip){
        .addresses = header + 12,
        .bytes = total_bytes,
        .fragment_id = load_be16(header + 4),
        .fragment = fragment_flag((fragment & IPV4_FRAGMENT_OFFSET) == 0,
                                  (fragment & IPV4_FRAGMENT_MORE) != 0),
        .fragment_protocol = header[9],
        .ttl = header[8],
        .tos = header[1],
    };
    walk_limit(walk, total_bytes);
    walk_advance(walk, header_bytes);
    return walk->ip.fragment == FACTS_FRAGMENT_LATER ? STEP_PORTLESS : STEP_TRANSPORT;
}

enum {
    IPV6_BYTES = 40,
    IPV6_EXTENSION_BYTES = 8, // the least
    IPV6_HOP_BY_HOP = 0,
    IPV6_ROUTING = 43,
    IPV6_FRAGMENT = 44,
    IPV6_NO_NEXT = 59,
    IPV6_DESTINATION = 60,
    IPV6_MOBILITY = 135,
    IPV6_HIP = 139,
    IPV6_SHIM6 = 140,
    IPV6_FRAGMENT_MORE = 0x0001,
    IPV6_FRAGMENT_OFFSET = 0xfff8,
};

// The payload length that a jumbo option right behind the IPv6 header states, or 0.
static uint32_t ipv6_jumbo_bytes(const struct parse_walk *walk)
{
    enum { OPTION_PAD1 = 0, OPTION_JUMBO = 0xc2, OPTION_JUMBO_BYTES = 4 };

    const uint8_t *options = walk->at + IPV6_BYTES;
    const uint32_t captured = walk->captured - IPV6_BYTES;
    if (captured < IPV6_EXTENSION_BYTES) {
        return 0;
    }
    const uint32_t stated = (options[1] + 1u) * 8;
    const uint32_t end = stated < captured ? stated : captured;
    for (uint32_t i = 2; i + 2 + OPTION_JUMBO_BYTES <= end;) {
        if (options[i] == OPTION_JUMBO && options[i + 1] == OPTION_JUMBO_BYTES) {
            return load_be32(options + i + 2);
        }
        i += options[i] == OPTION_PAD1 ? 1u : 2u + options[i + 1];
    }
    return 0;
}

enum parse_step parse_ipv6(struct parse_walk *walk)
{
    const uint8_t *header = walk->at;
    if (walk->captured < IPV6_BYTES) {
        return walk_reject(walk, PARSE_REJECT_IPV6_TRUNCATED);
    }
    if (header[0] >> 4 != 6) {
        return walk_reject(walk, PARSE_REJECT_IP_VERSION);
    }
    walk->protocol = header[6];
    uint32_t payload_bytes = load_be16(header + 4);
    if (payload_bytes == 0 && walk->protocol == IPV6_HOP_BY_HOP) {
        payload_bytes = ipv6_jumbo_bytes(walk);
    }
    if (payload_bytes > walk->left - IPV6_BYTES) {
        return walk_reject(walk, PARSE_REJECT_IPV6_LENGTH);
    }
    walk->ip = (struct parse_ip){
        .addresses = header + 8,
        .bytes = IPV6_BYTES + payload_bytes,
        .ttl = header[7],
        .tos = (uint8_t)(load_be16(header) >> 4),
        .ipv6 = true,
    };
    walk_limit(walk, IPV6_BYTES + payload_bytes);
    walk_advance(walk, IPV6_BYTES);
    return STEP_IPV6_EXTENSION;
}

// Atomic fragments (offset 0, none to come) are whole packets.
static enum parse_step ipv6_fragment(struct parse_walk *walk)
{
    const uint16_t fragment = load_be16(walk->at + 2);
    const enum facts_flag flag =
        fragment_flag((fragment & IPV6_FRAGMENT_OFFSET) == 0, (fragment & IPV6_FRAGMENT_MORE) != 0);
    if (flag != 0) {
        walk->ip.fragment = flag;
        walk->ip.fragment_id = load_be32(walk->at + 4);
    }
    walk->protocol = walk->at[0];
    walk_advance(walk, IPV6_EXTENSION_BYTES);
    return flag == FACTS_FRAGMENT_LATER ? STEP_PORTLESS : STEP_IPV6_EXTENSION;
}

enum extension_kind {
    EXTENSION_NONE,
    EXTENSION_OPTIONS,  // only leads on
    EXTENSION_PROTOCOL, // a protocol in its own right where nothing follows
    EXTENSION_FRAGMENT,
};

static const uint8_t extension_kind[256] = {
    [IPV6_HOP_BY_HOP] = EXTENSION_OPTIONS,  [IPV6_ROUTING] = EXTENSION_OPTIONS,
    [IPV6_DESTINATION] = EXTENSION_OPTIONS, [IPV6_MOBILITY] = EXTENSION_PROTOCOL,
    [IPV6_HIP] = EXTENSION_PROTOCOL,        [IPV6_SHIM6] = EXTENSION_PROTOCOL,
    [IPV6_FRAGMENT] = EXTENSION_FRAGMENT,
};

// One extension header; AH, known to IPv4 too, is left to the transports.
enum parse_step parse_ipv6_extension(struct parse_walk *walk)
{
    const uint8_t kind = extension_kind[walk->protocol];
    if (kind == EXTENSION_NONE) {
        return STEP_TRANSPORT;
    }
    const uint32_t bytes = kind == EXTENSION_FRAGMENT || walk->captured < 2
                               ? IPV6_EXTENSION_BYTES
                               : (walk->at[1] + 1u) * 8;
    if (walk->left < bytes) {
        return walk_reject(walk, PARSE_REJECT_IPV6_EXTENSION);
    }
    if (walk->captured < bytes) {
        return walk_reject(walk, PARSE_REJECT_IPV6_TRUNCATED);
    }
    if (kind == EXTENSION_FRAGMENT) {
        return ipv6_fragment(walk);
    }
    const uint8_t next = walk->at[0];
    if (kind == EXTENSION_PROTOCOL && next == IPV6_NO_NEXT) {
        return STEP_PORTLESS;
    }
    walk->protocol = next;
    walk_advance(walk, bytes);
    return STEP_IPV6_EXTENSION;
}
