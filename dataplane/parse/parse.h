// SPDX-License-Identifier: Apache-2.0
// Bytes to facts: from a frame to the innermost transport header, bounds first.
//
// What a tunnel hides is the flow if it can be read down to its transport; otherwise (no IP inside,
// cut by the snap length, another protocol on the tunnel's port, nested too deep) the packet counts
// to the flow of the IP packet around it. So a reject is always about the outermost IP packet or
// what lies before it. The first fragment of a datagram is not looked into for tunnels: all
// fragments meet in the flow of their own addresses.
#ifndef WEIR_PARSE_PARSE_H
#define WEIR_PARSE_PARSE_H

#include <stdbool.h>

#include "dataplane/packet/facts.h"
#include "dataplane/packet/packet.h"

// Why a frame gave no facts. One row each in parse_reject_name; PARSE_OK is no reject. "Truncated":
// the octets at hand end inside the header, whoever cut them.
enum parse_reject {
    PARSE_OK,
    // The link.
    PARSE_REJECT_LINK_TYPE, // no parser for it
    PARSE_REJECT_LINK_TRUNCATED,
    PARSE_REJECT_VLAN_DEPTH,  // over KEY_VLANS_MAX tags
    PARSE_REJECT_MPLS_DEPTH,  // over MPLS_DEPTH_MAX labels
    PARSE_REJECT_LAYER_DEPTH, // over PARSE_LAYERS_MAX headers
    // What is no IP.
    PARSE_REJECT_ARP,
    PARSE_REJECT_RARP,
    PARSE_REJECT_LLDP,
    PARSE_REJECT_EAPOL,
    PARSE_REJECT_SLOW_PROTOCOL, // LACP, OAM
    PARSE_REJECT_MAC_CONTROL,   // pause frames
    PARSE_REJECT_CFM,
    PARSE_REJECT_PTP,
    PARSE_REJECT_MACSEC,
    PARSE_REJECT_LOOPBACK,
    PARSE_REJECT_IPX,
    PARSE_REJECT_STP,
    PARSE_REJECT_NETBIOS,
    PARSE_REJECT_OSI,             // IS-IS, ES-IS
    PARSE_REJECT_CISCO_DISCOVERY, // CDP, VTP, DTP, UDLD
    PARSE_REJECT_SLARP,
    PARSE_REJECT_PPPOE_DISCOVERY,
    PARSE_REJECT_PPP_CONTROL, // LCP, authentication, network control
    PARSE_REJECT_LLC,         // any other LLC
    PARSE_REJECT_UNKNOWN_ETHERTYPE,
    PARSE_REJECT_UNKNOWN_PPP_PROTOCOL,
    PARSE_REJECT_UNKNOWN_ADDRESS_FAMILY, // of a loopback link
    PARSE_REJECT_PPPOE_HEADER,           // version, type or code of a session are wrong
    PARSE_REJECT_MPLS_PAYLOAD,           // neither IP nor Ethernet behind the labels
    // IP.
    PARSE_REJECT_IP_VERSION, // not the one that the layer before it promised, or none at all
    PARSE_REJECT_IPV4_TRUNCATED,
    PARSE_REJECT_IPV4_HEADER, // a header length under 20
    PARSE_REJECT_IPV4_LENGTH, // a total length under the header's, or over what the frame had
    PARSE_REJECT_IPV6_TRUNCATED,
    PARSE_REJECT_IPV6_LENGTH,    // a payload length over what the frame had
    PARSE_REJECT_IPV6_EXTENSION, // an extension header longer than its packet
    // Transport.
    PARSE_REJECT_TRANSPORT_TRUNCATED, // cut before the ports, or ICMP's type and code
    PARSE_REJECT_TRANSPORT_LENGTH,    // the IP packet has no room for the transport's header
    PARSE_REJECT_TCP_HEADER,          // a data offset under 20 or past the segment's end
    PARSE_REJECT_COUNT,
};

extern const char *const parse_reject_name[PARSE_REJECT_COUNT];

struct parse_options {
    bool vlan_in_key;   // false: VLAN ids are left out of the key
    bool decap_tunnels; // false: the outermost IP packet is the flow
};

// Parses one frame. On PARSE_OK `facts` is filled but for `hash` and what its flags do not claim;
// on a reject it holds nothing. Reads only packet->data[0 .. captured_bytes). Called by worker
// threads; touches no memory but its arguments'; never blocks.
//
// A TCP packet cut by the snap length behind its ports is no reject, but FACTS_TCP is set only
// where the fixed header is whole up to its flags; of cut options those at hand are told.
enum parse_reject parse_packet(const struct packet *packet, const struct parse_options *options,
                               struct facts *facts);

#endif
