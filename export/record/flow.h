// SPDX-License-Identifier: Apache-2.0
// What one flow was: both directions of one conversation.
#ifndef WEIR_RECORD_FLOW_H
#define WEIR_RECORD_FLOW_H

#include "export/record/field.h"

enum record_end {
    RECORD_END_IDLE,
    RECORD_END_ACTIVE,
    RECORD_END_FIN,
    RECORD_END_RST,
    RECORD_END_EVICTED,
    RECORD_END_SHUTDOWN,
    RECORD_END_COUNT,
};

enum record_tunnel {
    RECORD_TUNNEL_VXLAN,
    RECORD_TUNNEL_GENEVE,
    RECORD_TUNNEL_GTPU,
    RECORD_TUNNEL_GRE,
    RECORD_TUNNEL_ERSPAN,
    RECORD_TUNNEL_IPIP,
    RECORD_TUNNEL_6IN4,
    RECORD_TUNNEL_TEREDO,
    RECORD_TUNNEL_L2TP,
    RECORD_TUNNEL_CAPWAP,
    RECORD_TUNNEL_COUNT,
};

enum record_side_index { RECORD_SOURCE, RECORD_DESTINATION, RECORD_SIDES };

// One end of the flow, and what that end sent.
struct record_side {
    uint64_t packets;
    uint64_t bytes;
    uint64_t wire_bytes;
    uint64_t retransmits;
    uint64_t tcp_options;
    uint32_t tcp_syn_bytes;
    uint32_t teid;
    struct field_numbers mpls;
    uint16_t port; // host byte order
    struct field_ip ip;
    uint8_t mac[6];
    uint8_t ttl;
    uint8_t tos;
    uint8_t tcp_flags;
    uint8_t qfi;
    uint8_t icmp_type;
    uint8_t icmp_code;
};

struct record_flow {
    int64_t start_us;
    int64_t end_us;
    struct record_side side[RECORD_SIDES]; // by enum record_side_index
    const char *transport;                 // of static storage, as application
    const char *application;
    char community_id[FIELD_TEXT_BYTES]; // written by record_identify
    int64_t rtt_us;
    double interarrival_mean_us;
    double interarrival_stddev_us;
    struct field_numbers vlan;
    uint32_t vni;
    struct field_ip tunnel_source;
    struct field_ip tunnel_destination;
    uint64_t capture_drops;
    uint32_t sampling;
    uint8_t tunnel; // enum record_tunnel
    uint8_t protocol;
    uint8_t end_reason; // enum record_end
};

// ROW(enumerator, name, number, member, kind, unit, since, help, further members of struct field)
// Numbers up to 15 take one octet in Protobuf, so that the fields of nearly every flow have them.
// Each side has three of those from `counters` on, and the others from `rest` on, up to 31 of them.
#define RECORD_SIDE_FIELDS(ROW, SIDE, side_, end, counters, rest)                                  \
    ROW(SIDE##_PACKETS, #side_ "_packets", counters + 0, side[end].packets, U64, "packets", 1,     \
        "packets the " #side_ " sent")                                                             \
    ROW(SIDE##_BYTES, #side_ "_bytes", counters + 1, side[end].bytes, U64, "octets", 1,            \
        "octets of those packets as their innermost IP headers state them")                        \
    ROW(SIDE##_WIRE_BYTES, #side_ "_wire_bytes", counters + 2, side[end].wire_bytes, U64,          \
        "octets", 1, "octets of those packets' frames on the wire, without FCS")                   \
    ROW(SIDE##_MAC, #side_ "_mac", rest + 0, side[end].mac, MAC, "", 1,                            \
        "MAC address of the " #side_ " in the flow's first packet")                                \
    ROW(SIDE##_TTL, #side_ "_ttl", rest + 1, side[end].ttl, U8, "", 1,                             \
        "TTL or hop limit of the " #side_ "'s first packet")                                       \
    ROW(SIDE##_TOS, #side_ "_tos", rest + 2, side[end].tos, U8, "", 1,                             \
        "TOS or traffic class of the " #side_ "'s first packet")                                   \
    ROW(SIDE##_TCP_FLAGS, #side_ "_tcp_flags", rest + 3, side[end].tcp_flags, U8, "", 1,           \
        "all TCP flags the " #side_ " sent, or-ed: CWR 128, ECE 64 … FIN 1")                       \
    ROW(SIDE##_TCP_SYN_BYTES, #side_ "_tcp_syn_bytes", rest + 4, side[end].tcp_syn_bytes, U32,     \
        "octets", 1, "octets of the IP packet that bore the " #side_ "'s SYN")                     \
    ROW(SIDE##_TCP_OPTIONS, #side_ "_tcp_options", rest + 5, side[end].tcp_options, U64, "", 1,    \
        "kinds of TCP options the " #side_ " sent: bit n is kind n (IPFIX tcpOptions)")            \
    ROW(SIDE##_RETRANSMITS, #side_ "_retransmits", rest + 6, side[end].retransmits, U64,           \
        "packets", 1, "TCP segments the " #side_ " sent again")                                    \
    ROW(SIDE##_MPLS, #side_ "_mpls", rest + 7, side[end].mpls, NUMBERS, "", 1,                     \
        "MPLS labels of the " #side_ "'s first packet, outermost first")                           \
    ROW(SIDE##_TEID, #side_ "_teid", rest + 8, side[end].teid, U32, "", 1,                         \
        "GTP-U tunnel endpoint the " #side_ " sent to")                                            \
    ROW(SIDE##_QFI, #side_ "_qfi", rest + 9, side[end].qfi, U8, "", 1,                             \
        "QoS flow identifier of GTP-U packets the " #side_ " sent")                                \
    ROW(SIDE##_ICMP_TYPE, #side_ "_icmp_type", rest + 10, side[end].icmp_type, U8, "", 1,          \
        "ICMP type of the " #side_ "'s first packet")                                              \
    ROW(SIDE##_ICMP_CODE, #side_ "_icmp_code", rest + 11, side[end].icmp_code, U8, "", 1,          \
        "ICMP code of the " #side_ "'s first packet")

#define RECORD_FLOW_FIELDS(ROW)                                                                    \
    ROW(START_US, "start_us", 1, start_us, I64, "us", 1, "time of the first packet")               \
    ROW(END_US, "end_us", 2, end_us, I64, "us", 1, "time of the last packet")                      \
    ROW(END_REASON, "end_reason", 3, end_reason, ENUM, "", 1, "why the record was closed",         \
        .names = record_end_names)                                                                 \
    ROW(IP_VERSION, "ip_version", 4, side[RECORD_SOURCE].ip.version, U8, "", 1,                    \
        "version of the innermost IP header: 4 or 6")                                              \
    ROW(SOURCE_IP, "source_ip", 5, side[RECORD_SOURCE].ip, IP, "", 1,                              \
        "address of the end that sent the first packet (for TCP: the SYN, if one was seen)")       \
    ROW(SOURCE_PORT, "source_port", 6, side[RECORD_SOURCE].port, U16, "", 1, "port of that end")   \
    ROW(DESTINATION_IP, "destination_ip", 7, side[RECORD_DESTINATION].ip, IP, "", 1,               \
        "address of the other end")                                                                \
    ROW(DESTINATION_PORT, "destination_port", 8, side[RECORD_DESTINATION].port, U16, "", 1,        \
        "port of the other end")                                                                   \
    ROW(PROTOCOL, "protocol", 9, protocol, U8, "", 1, "IANA number of the IP protocol")            \
    ROW(TRANSPORT, "transport", 16, transport, STRING, "", 1, "name of the IP protocol")           \
    ROW(APPLICATION, "application", 17, application, STRING, "", 1,                                \
        "application's name by DPI or IANA port")                                                  \
    ROW(COMMUNITY_ID, "community_id", 18, community_id, TEXT, "", 1,                               \
        "Community ID version 1, seed 0: the same for both directions and for other tools")        \
    RECORD_SIDE_FIELDS(ROW, SOURCE, source, RECORD_SOURCE, 10, 32)                                 \
    RECORD_SIDE_FIELDS(ROW, DESTINATION, destination, RECORD_DESTINATION, 13, 64)                  \
    ROW(RTT_US, "rtt_us", 19, rtt_us, I64, "us", 1,                                                \
        "round trip of the TCP handshake, from SYN to the ACK that ends it")                       \
    ROW(INTERARRIVAL_MEAN_US, "interarrival_mean_us", 20, interarrival_mean_us, DOUBLE, "us", 1,   \
        "mean time between two packets of the flow, either way")                                   \
    ROW(INTERARRIVAL_STDDEV_US, "interarrival_stddev_us", 21, interarrival_stddev_us, DOUBLE,      \
        "us", 1, "standard deviation of that time")                                                \
    ROW(VLAN, "vlan", 22, vlan, NUMBERS, "", 1, "VLAN ids, outermost first")                       \
    ROW(TUNNEL, "tunnel", 23, tunnel, ENUM, "", 1, "innermost tunnel the flow was in",             \
        .names = record_tunnel_names)                                                              \
    ROW(VNI, "vni", 24, vni, U32, "", 1, "network identifier of VXLAN or GENEVE")                  \
    ROW(TUNNEL_SOURCE_IP, "tunnel_source_ip", 25, tunnel_source, IP, "", 1,                        \
        "outer source address of what the source sent")                                            \
    ROW(TUNNEL_DESTINATION_IP, "tunnel_destination_ip", 26, tunnel_destination, IP, "", 1,         \
        "outer destination address of what the source sent")                                       \
    ROW(CAPTURE_DROPS, "capture_drops", 27, capture_drops, U64, "packets", 2,                      \
        "lost by the worker's capture, of whatever flows, in the panes of this flow's time that "  \
        "had closed when it ended; left out where none were")                                      \
    ROW(SAMPLING, "sampling", 28, sampling, U32, "", 2,                                            \
        "one flow in this many was looked at; left out where all were")

enum record_flow_field {
#define FLOW_FIELD_ENUM(id, ...) RECORD_FLOW_##id,
    RECORD_FLOW_FIELDS(FLOW_FIELD_ENUM)
#undef FLOW_FIELD_ENUM
        RECORD_FLOW_FIELD_COUNT,
};

// The field of `side` that is `source_field` (RECORD_FLOW_SOURCE_PACKETS to
// RECORD_FLOW_SOURCE_ICMP_CODE) of the source.
static inline enum record_flow_field record_side_field(enum record_side_index side,
                                                       enum record_flow_field source_field)
{
    return source_field + side * (RECORD_FLOW_DESTINATION_PACKETS - RECORD_FLOW_SOURCE_PACKETS);
}

extern const struct field_table record_flow_table; // row n is enum record_flow_field n

#endif
