// SPDX-License-Identifier: Apache-2.0
// One frame and what the parser must tell of it.
#ifndef WEIR_TESTS_PARSE_CASES_H
#define WEIR_TESTS_PARSE_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/parse/parse.h"

// Told by the row: all fields that are not 0. Told by the frame's text: MACs where it has @eth;
// ends, TTL and TOS, which are the flow's or, with `outer`, the outer ones.
struct parse_case {
    const char *name;
    const char *frame;  // as in frame_text.h
    uint8_t link;       // enum link_type
    uint8_t reject;     // enum parse_reject; with one, nothing below is looked at
    bool outer;         // the flow is the outer IP packet
    bool ipv6;          // of the flow
    bool portless;      // ports are 0; else the flow's, or `ports`
    uint16_t ports[2];  // source, destination
    uint8_t protocol;   // IANA number
    uint16_t bytes;     // of the IP packet
    uint16_t enough;    // octets of the frame that tell the flow; 0: see test_parse.c
    uint16_t more_wire; // octets that the frame had beyond those captured
    uint16_t flags;     // enum facts_flag, but for MAC and RARE
    uint8_t vlan_count;
    uint16_t vlans[KEY_VLANS_MAX];
    uint64_t vni_scope; // KEY_VNI_*
    uint32_t vni;
    uint8_t mpls_count;
    uint32_t mpls[MPLS_LABELS_MAX];
    uint8_t tunnel; // enum tunnel_type
    bool tunnel_ipv6;
    bool has_teid;
    uint32_t teid;
    bool has_qfi;
    uint8_t qfi;
    uint32_t tcp_length;
    uint8_t tcp_flags; // 0: those of @tcp
    uint64_t tcp_options;
    uint8_t icmp_type;
    uint8_t icmp_code;
    uint32_t fragment_id;
    uint8_t fragment_protocol;
};

struct parse_cases {
    const struct parse_case *rows;
    size_t count;
};

extern const struct parse_cases cases_link, cases_reject, cases_ip, cases_tunnel;

#define PARSE_CASES(rows)                                                                          \
    {                                                                                              \
        rows, sizeof(rows) / sizeof((rows)[0])                                                     \
    }

#endif
