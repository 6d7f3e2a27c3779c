// SPDX-License-Identifier: Apache-2.0
// What may lie between a link and IP.
#include "tests/unit/parse/cases.h"

#define UDP4       "@a4:11 @udp @data:10"
#define UDP6       "@a6:11 @udp @data:10"
#define IS_UDP4    .protocol = 17, .bytes = 38
#define IS_UDP6    .protocol = 17, .bytes = 58, .ipv6 = true
#define SLL        "0000 0001 0006 0200000000550000"
#define SLL2_REST  "0000 00000001 0001 00 06 0200000000550000"
#define OTHER_MACS "0a0000000001 0a0000000002"

static const struct parse_case rows[] = {
    {"ethernet", "@eth 0800 " UDP4, IS_UDP4},
    {"ethernet, ipv6", "@eth 86dd " UDP6, IS_UDP6},
    {"ethernet padding", "@eth 0800 " UDP4 " @end 0000000000000000", IS_UDP4},
    {"llc snap", "@eth @len:0 aaaa03 000000 0800 " UDP4, IS_UDP4},
    {"llc snap, bridged", "@eth @len:0 aaaa03 0000f8 86dd " UDP6, IS_UDP6},
    {"llc, jumbo", "@eth 8870 aaaa03 000000 0800 " UDP4, IS_UDP4},
    {"transparent bridging", "@eth 6558 " OTHER_MACS " 0800 " UDP4, IS_UDP4},
    {"fabricpath", "@eth 8903 0801 " OTHER_MACS " 0800 " UDP4, IS_UDP4},
    {"pbb", "@eth 88e7 00001234 " OTHER_MACS " 0800 " UDP4, IS_UDP4},

    {"vlan", "@eth 8100 0064 0800 " UDP4, IS_UDP4, .vlan_count = 1, .vlans = {100}},
    {"vlan, ipv6", "@eth 8100 0064 86dd " UDP6, IS_UDP6, .vlan_count = 1, .vlans = {100}},
    {"vlan, only priority", "@eth 8100 e000 0800 " UDP4, IS_UDP4, .vlan_count = 1},
    {"vlan, priority and id", "@eth 8100 ffff 0800 " UDP4, IS_UDP4, .vlan_count = 1,
     .vlans = {4095}},
    {"qinq", "@eth 88a8 0007 8100 0064 0800 " UDP4, IS_UDP4, .vlan_count = 2, .vlans = {7, 100}},
    {"four tags", "@eth 9100 0001 9200 0002 88a8 0003 8100 0004 0800 " UDP4, IS_UDP4,
     .vlan_count = 4, .vlans = {1, 2, 3, 4}},
    {"vlan, llc snap", "@eth 8100 0064 @len:0 aaaa03 000000 0800 " UDP4, IS_UDP4, .vlan_count = 1,
     .vlans = {100}},

    {"mpls", "@eth 8847 00064140 " UDP4, IS_UDP4, .mpls_count = 1, .mpls = {100}},
    {"mpls multicast, ipv6", "@eth 8848 fffff140 " UDP6, IS_UDP6, .mpls_count = 1,
     .mpls = {0xfffff}},
    {"mpls, two labels", "@eth 8847 00064040 000c8140 " UDP4, IS_UDP4, .mpls_count = 2,
     .mpls = {100, 200}},
    {"mpls, six labels", "@eth 8847 00001040 00002040 00003040 00004040 00005040 00006140 " UDP4,
     IS_UDP4, .mpls_count = 4, .mpls = {1, 2, 3, 4}},
    {"mpls, sixteen labels",
     "@eth 8847 00001040 00002040 00003040 00004040 00005040 00006040 00007040 00008040 00009040"
     " 0000a040 0000b040 0000c040 0000d040 0000e040 0000f040 00010140 " UDP4,
     IS_UDP4, .mpls_count = 4, .mpls = {1, 2, 3, 4}},
    {"mpls, control word", "@eth 8847 00064140 00000000 " OTHER_MACS " 8100 0005 0800 " UDP4,
     IS_UDP4, .mpls_count = 1, .mpls = {100}, .vlan_count = 1, .vlans = {5}},
    {"mpls, ethernet, first octet 0a", "@eth 8847 00064140 " OTHER_MACS " 0800 " UDP4, IS_UDP4,
     .mpls_count = 1, .mpls = {100}},
    {"mpls, ethernet, first octet ee", "@eth 8847 00064140 ee0000000001 0a0000000002 0800 " UDP4,
     IS_UDP4, .mpls_count = 1, .mpls = {100}},
    {"vlan over mpls", "@eth 8100 0064 8847 00064140 " UDP4, IS_UDP4, .vlan_count = 1,
     .vlans = {100}, .mpls_count = 1, .mpls = {100}},

    {"pppoe", "@eth 8864 1100 0001 @len:0 0021 " UDP4, IS_UDP4},
    {"pppoe, ipv6, compressed", "@eth 8864 1100 0001 @len:0 57 " UDP6, IS_UDP6},
    {"vlan, pppoe", "@eth 8100 0064 8864 1100 0001 @len:0 0021 " UDP4, IS_UDP4, .vlan_count = 1,
     .vlans = {100}},

    {"ppp", "0021 " UDP4, LINK_PPP, IS_UDP4},
    {"ppp, address and control", "ff03 0057 " UDP6, LINK_PPP, IS_UDP6},
    {"ppp, all compressed", "21 " UDP4, LINK_PPP, IS_UDP4},
    {"ppp, mpls", "ff03 0281 00064140 " UDP4, LINK_PPP, IS_UDP4, .mpls_count = 1, .mpls = {100}},
    {"ppp, mpls multicast", "ff03 0283 00064140 " UDP4, LINK_PPP, IS_UDP4, .mpls_count = 1,
     .mpls = {100}},
    {"ppp link with hdlc", "0f00 0800 " UDP4, LINK_PPP, IS_UDP4},
    {"ppp link with hdlc, multicast", "8f00 86dd " UDP6, LINK_PPP, IS_UDP6},
    {"hdlc", "0f00 0800 " UDP4, LINK_CISCO_HDLC, IS_UDP4},
    {"hdlc, mpls", "0f00 8847 00064140 " UDP4, LINK_CISCO_HDLC, IS_UDP4, .mpls_count = 1,
     .mpls = {100}},

    {"sll", SLL " 0800 " UDP4, LINK_LINUX_SLL, IS_UDP4},
    {"sll, vlan", SLL " 8100 0064 86dd " UDP6, LINK_LINUX_SLL, IS_UDP6, .vlan_count = 1,
     .vlans = {100}},
    {"sll, llc", SLL " 0004 aaaa03 000000 0800 " UDP4, LINK_LINUX_SLL, IS_UDP4},
    {"sll2", "0800 " SLL2_REST " " UDP4, LINK_LINUX_SLL2, IS_UDP4},
    {"sll2, vlan", "8100 " SLL2_REST " 0064 86dd " UDP6, LINK_LINUX_SLL2, IS_UDP6, .vlan_count = 1,
     .vlans = {100}},

    {"null, little endian", "02000000 " UDP4, LINK_NULL, IS_UDP4},
    {"null, big endian", "00000002 " UDP4, LINK_NULL, IS_UDP4},
    {"null, ipv6 of linux", "0a000000 " UDP6, LINK_NULL, IS_UDP6},
    {"null, ipv6 of netbsd", "18000000 " UDP6, LINK_NULL, IS_UDP6},
    {"null, ipv6 of freebsd", "1c000000 " UDP6, LINK_NULL, IS_UDP6},
    {"null, ipv6 of macos", "1e000000 " UDP6, LINK_NULL, IS_UDP6},
    {"loop", "00000002 " UDP4, LINK_LOOP, IS_UDP4},
    {"loop, ipv6", "00000018 " UDP6, LINK_LOOP, IS_UDP6},
    {"raw", UDP4, LINK_RAW_IP, IS_UDP4},
    {"raw, ipv6", UDP6, LINK_RAW_IP, IS_UDP6},
};

const struct parse_cases cases_link = PARSE_CASES(rows);
