// SPDX-License-Identifier: Apache-2.0
// What the parser found in one packet. Types only: the parser fills them, the flow table reads
// them.
#ifndef WEIR_PACKET_FACTS_H
#define WEIR_PACKET_FACTS_H

#include <assert.h>
#include <stdint.h>

enum { KEY_VLANS_MAX = 4, MPLS_LABELS_MAX = 4 };

// Bits of flow_key.scope. Bits 0..47 hold up to four VLAN ids of 12 bits, outermost lowest.
#define KEY_VLAN_BITS        12
#define KEY_VLAN_COUNT_SHIFT 48
#define KEY_VLAN_COUNT_MASK  (UINT64_C(7) << KEY_VLAN_COUNT_SHIFT)
#define KEY_VLAN_MASK        ((UINT64_C(1) << (KEY_VLAN_COUNT_SHIFT + 3)) - 1) // ids and their count
#define KEY_IPV6             (UINT64_C(1) << 52)
#define KEY_VNI_VXLAN        (UINT64_C(1) << 53)
#define KEY_VNI_GENEVE       (UINT64_C(1) << 54)

// The same for both directions of a flow: the numerically lower of (address, port) is endpoint 0.
// No padding, so that it can be hashed and compared as 48 octets.
struct flow_key {
    uint8_t address[2][16]; // innermost; an IPv4 address in the first four octets, the rest zero
    uint16_t port[2];       // host byte order; 0 where the protocol has none (and for ICMP)
    uint32_t vni_protocol;  // VNI << 8 | IANA protocol number
    uint64_t scope;         // KEY_* bits above
};
static_assert(sizeof(struct flow_key) == 48, "the key is hashed as six words");

enum facts_flag {
    FACTS_TCP = 1 << 0,            // the tcp_* fields hold
    FACTS_ICMP = 1 << 1,           // icmp_type and icmp_code hold
    FACTS_MAC = 1 << 2,            // an Ethernet header was met: the MACs hold
    FACTS_FRAGMENT_FIRST = 1 << 3, // offset 0 and more to come: the key is whole; fragment_id holds
    FACTS_FRAGMENT_LATER = 1 << 4, // the ports are unknown (0) until the first one is seen
    FACTS_RARE = 1 << 5,           // struct facts_rare holds something
};

enum tunnel_type {
    TUNNEL_NONE,
    TUNNEL_VXLAN,
    TUNNEL_GENEVE,
    TUNNEL_GTPU,
    TUNNEL_GRE,
    TUNNEL_ERSPAN,
    TUNNEL_IPIP, // any of 4in4, 4in6, 6in6
    TUNNEL_6IN4,
    TUNNEL_TEREDO,
    TUNNEL_L2TP,
    TUNNEL_CAPWAP,
    TUNNEL_COUNT,
};

// What few packets have. Valid only where facts.flags has FACTS_RARE, and then whole.
struct facts_rare {
    uint32_t mpls[MPLS_LABELS_MAX]; // 20-bit labels, outermost first; deeper ones are left out
    uint8_t mpls_count;
    uint8_t tunnel;            // enum tunnel_type of the innermost tunnel
    uint8_t tunnel_ipv6;       // 1: the tunnel's addresses are IPv6
    uint8_t qfi;               // QoS flow identifier of a GTP-U PDU session container
    uint8_t has_qfi;           // 1: qfi holds
    uint8_t has_teid;          // 1: teid holds
    uint32_t teid;             // GTP-U tunnel endpoint of this packet's direction
    uint8_t tunnel_source[16]; // IPv4 in the first four octets, the rest zero
    uint8_t tunnel_destination[16];
};

struct facts {
    struct flow_key key;
    uint64_t hash; // keyed hash of key; written by whoever steers the packet, not by the parser
    int64_t time_us;

    uint32_t bytes;        // octets of the innermost IP packet as its header states them
    uint32_t wire_bytes;   // octets of the frame on the wire
    uint32_t tcp_sequence; // of the first octet of the segment
    uint32_t tcp_length;   // sequence numbers the segment takes: payload + SYN + FIN
    uint32_t fragment_id;  // identification, for the FRAGMENT flags
    uint16_t flags;        // enum facts_flag
    uint8_t direction;     // which endpoint of the key sent it: 0 or 1
    uint8_t ttl; // TTL or hop limit, tos: TOS or traffic class, of the innermost IP header
    uint8_t tos;
    uint8_t tcp_flags; // CWR..FIN as in the header
    uint8_t icmp_type;
    uint8_t icmp_code;
    uint8_t destination_mac[6]; // of the first Ethernet header, in the order it has them
    uint8_t source_mac[6];
    uint64_t tcp_options; // bit n: option kind n is present (IPFIX tcpOptions), kinds 0..63

    // The first eight octets of TCP's or UDP's payload, as they lie in the frame. 0: there are not
    // as many, they are not at hand, or they are all 0.
    uint64_t payload;

    // With fragment_id, scope and addresses it names the datagram that a fragment is of, for the
    // FRAGMENT flags: the protocol of the IPv4 header (AH's, where AH hides the key's); 0 in IPv6,
    // where a datagram's fragments need not agree on it.
    uint8_t fragment_protocol;

    struct facts_rare rare __attribute__((aligned(64)));
};
static_assert(__builtin_offsetof(struct facts, bytes) == 64, "identity fills the first line");
static_assert(__builtin_offsetof(struct facts, rare) == 128, "what few packets have lies apart");
static_assert(sizeof(struct facts) == 192, "three cache lines");

#endif
