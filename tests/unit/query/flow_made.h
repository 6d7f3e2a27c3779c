// SPDX-License-Identifier: Apache-2.0
// Flows that nobody sent, for whatever looks at flows of a pane.
#ifndef WEIR_TESTS_QUERY_FLOW_MADE_H
#define WEIR_TESTS_QUERY_FLOW_MADE_H

#include "dataplane/window/pane_flow.h"

// The number of an application's or a transport's name.
uint16_t flow_made_application(const char *name);

// HTTPS over IPv4 and Ethernet: endpoint 0 is the source 10.0.0.1:40000, 02:00:00:00:00:01, of TTL
// 64 and TOS 8, and has sent 3 packets of 300 octets, SYN, ACK and PSH (26); endpoint 1 is
// 192.0.2.7:443, 02:00:00:00:00:02, of TTL 57, and has sent 2 of 2500, SYN and ACK (18).
struct pane_flow flow_made_web(void);

// DNS over IPv6 with all that is rare: endpoint 1 is the source, [2001:db8:0:1::2]:40001, sends to
// TEID 9 and through 198.51.100.2; endpoint 0 is [2001:db8::1]:53, sends to TEID 7 with QFI 5,
// under the labels 16 and 17, and through 198.51.100.1. GTP-U in VLAN 100.200 and VNI 5000.
struct pane_flow flow_made_mobile(void);

// ICMP over IPv4 from 10.0.0.1 to 10.0.0.9, one packet of 84 octets, no answer, no Ethernet.
struct pane_flow flow_made_ping(void);

#endif
