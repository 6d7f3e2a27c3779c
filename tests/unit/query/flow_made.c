// SPDX-License-Identifier: Apache-2.0
#include "flow_made.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/flow/application.h"

enum { ICMP = 1, TCP = 6, UDP = 17 };

uint16_t flow_made_application(const char *name)
{
    for (uint16_t number = 0; number < APPLICATION_MAX; number++) {
        const char *known = application_name(number);
        if (known != NULL && strcmp(known, name) == 0) {
            return number;
        }
    }
    abort();
}

static void address_set(uint8_t address[16], const char *text)
{
    if (inet_pton(strchr(text, ':') != NULL ? AF_INET6 : AF_INET, text, address) != 1) {
        abort();
    }
}

struct pane_flow flow_made_web(void)
{
    struct pane_flow flow = {
        .key = {.port = {40000, 443}, .vni_protocol = TCP},
        .total_bytes = {300, 2500},
        .total_packets = {3, 2},
        .bytes = 2800,
        .packets = 5,
        .application = flow_made_application("https"),
        .flags = PANE_FLOW_STARTED | PANE_FLOW_MAC,
        .tcp_flags = {0x1a, 0x12},
        .ttl = {64, 57},
        .tos = {8, 0},
        .mac = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}},
    };
    address_set(flow.key.address[0], "10.0.0.1");
    address_set(flow.key.address[1], "192.0.2.7");
    return flow;
}

struct pane_flow flow_made_mobile(void)
{
    struct pane_flow flow = {
        .key = {.port = {53, 40001},
                .vni_protocol = 5000 << 8 | UDP,
                .scope = KEY_IPV6 | KEY_VNI_VXLAN | UINT64_C(2) << KEY_VLAN_COUNT_SHIFT |
                         200 << KEY_VLAN_BITS | 100},
        .total_bytes = {400, 80},
        .total_packets = {1, 1},
        .bytes = 480,
        .packets = 2,
        .application = flow_made_application("dns"),
        .flags = PANE_FLOW_RARE,
        .state = FLOW_SOURCE,
        .ttl = {60, 61},
        .rare = {.mpls = {{16, 17}},
                 .teid = {7, 9},
                 .mpls_count = {2, 0},
                 .has_teid = {1, 1},
                 .qfi = {5, 0},
                 .has_qfi = {1, 0},
                 .tunnel = TUNNEL_GTPU},
    };
    address_set(flow.key.address[0], "2001:db8::1");
    address_set(flow.key.address[1], "2001:db8:0:1::2");
    address_set(flow.rare.tunnel_address[0], "198.51.100.1");
    address_set(flow.rare.tunnel_address[1], "198.51.100.2");
    return flow;
}

struct pane_flow flow_made_ping(void)
{
    struct pane_flow flow = {
        .key = {.vni_protocol = ICMP},
        .total_bytes = {84, 0},
        .total_packets = {1, 0},
        .bytes = 84,
        .packets = 1,
        .application = ICMP,
        .ttl = {1, 0},
    };
    address_set(flow.key.address[0], "10.0.0.1");
    address_set(flow.key.address[1], "10.0.0.9");
    return flow;
}
