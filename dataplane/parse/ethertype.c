// SPDX-License-Identifier: Apache-2.0
// What an ethertype leads to, and the layers between Ethernet and IP.
#include <stddef.h>

#include "dataplane/parse/octets.h"
#include "dataplane/parse/walk.h"

enum {
    LENGTH_MAX = 1500, // an ethertype up to here is the length of an 802.3 frame
    VLAN_BYTES = 4,
    LLC_BYTES = 3,
    SNAP_BYTES = 8,
    FABRICPATH_BYTES = 2,
    PBB_BYTES = 4,
};

struct ethertype {
    uint16_t type;
    uint8_t step;   // enum parse_step
    uint8_t reject; // enum parse_reject, where no step leads on
};

// Searched from the top, so the frequent ones come first.
static const struct ethertype ethertypes[] = {
    {0x0800, STEP_IPV4, 0},
    {0x86dd, STEP_IPV6, 0},
    {0x8100, STEP_VLAN, 0},
    {0x88a8, STEP_VLAN, 0},
    {0x9100, STEP_VLAN, 0},
    {0x9200, STEP_VLAN, 0},
    {0x8847, STEP_MPLS, 0},
    {0x8848, STEP_MPLS, 0},
    {0x8864, STEP_PPPOE, 0},
    {0x6558, STEP_ETHERNET, 0}, // transparent Ethernet bridging
    {0x880b, STEP_PPP, 0},
    {0x8903, STEP_FABRICPATH, 0},
    {0x88e7, STEP_PBB, 0},
    {0x8870, STEP_LLC, 0}, // jumbo frames
    {0x0806, STEP_END, PARSE_REJECT_ARP},
    {0x8035, STEP_END, PARSE_REJECT_RARP},
    {0x88cc, STEP_END, PARSE_REJECT_LLDP},
    {0x888e, STEP_END, PARSE_REJECT_EAPOL},
    {0x8809, STEP_END, PARSE_REJECT_SLOW_PROTOCOL},
    {0x8808, STEP_END, PARSE_REJECT_MAC_CONTROL},
    {0x8902, STEP_END, PARSE_REJECT_CFM},
    {0x88f7, STEP_END, PARSE_REJECT_PTP},
    {0x88e5, STEP_END, PARSE_REJECT_MACSEC},
    {0x9000, STEP_END, PARSE_REJECT_LOOPBACK},
    {0x8137, STEP_END, PARSE_REJECT_IPX},
    {0x8863, STEP_END, PARSE_REJECT_PPPOE_DISCOVERY},
};

static const struct ethertype *ethertype_find(uint32_t type)
{
    for (size_t i = 0; i < sizeof(ethertypes) / sizeof(ethertypes[0]); i++) {
        if (ethertypes[i].type == type) {
            return &ethertypes[i];
        }
    }
    return NULL;
}

bool ethertype_is_known(uint16_t ethertype)
{
    return ethertype_find(ethertype) != NULL;
}

enum parse_step parse_ethertype(struct parse_walk *walk)
{
    const struct ethertype *row = ethertype_find(walk->protocol);
    if (row != NULL) {
        walk->reject = row->reject; // stands where the step is STEP_END
        return row->step;
    }
    if (walk->protocol <= LENGTH_MAX) {
        return STEP_LLC;
    }
    return walk_reject(walk, PARSE_REJECT_UNKNOWN_ETHERTYPE);
}

enum parse_step parse_vlan(struct parse_walk *walk)
{
    if (walk->captured < VLAN_BYTES) {
        return walk_reject(walk, PARSE_REJECT_LINK_TRUNCATED);
    }
    if (walk->vlan_count == KEY_VLANS_MAX) {
        return walk_reject(walk, PARSE_REJECT_VLAN_DEPTH);
    }
    const uint64_t id = load_be16(walk->at) & ((1 << KEY_VLAN_BITS) - 1);
    walk->vlans |= id << (KEY_VLAN_BITS * walk->vlan_count);
    walk->vlans += UINT64_C(1) << KEY_VLAN_COUNT_SHIFT;
    walk->vlan_count++;
    walk->protocol = load_be16(walk->at + 2);
    walk_advance(walk, VLAN_BYTES);
    return STEP_ETHERTYPE;
}

// SNAP: an organisation and a protocol number of its own.
static enum parse_step snap_parse(struct parse_walk *walk)
{
    enum { OUI_ETHERTYPE = 0x000000, OUI_BRIDGED = 0x0000f8, OUI_CISCO = 0x00000c };
    enum { CISCO_PVST = 0x010b };

    if (walk->captured < SNAP_BYTES) {
        return walk_reject(walk, PARSE_REJECT_LINK_TRUNCATED);
    }
    const uint32_t organisation = load_be32(walk->at + 2) & 0xffffff;
    walk->protocol = load_be16(walk->at + 6);
    walk_advance(walk, SNAP_BYTES);
    switch (organisation) {
    case OUI_ETHERTYPE:
    case OUI_BRIDGED:
        // A length is no ethertype here: it would lead back to another LLC header.
        return walk->protocol > LENGTH_MAX ? STEP_ETHERTYPE : walk_reject(walk, PARSE_REJECT_LLC);
    case OUI_CISCO:
        return walk_reject(walk, walk->protocol == CISCO_PVST ? PARSE_REJECT_STP
                                                              : PARSE_REJECT_CISCO_DISCOVERY);
    default:
        return walk_reject(walk, PARSE_REJECT_LLC);
    }
}

enum parse_step parse_llc(struct parse_walk *walk)
{
    enum { SAP_SNAP = 0xaa };
    static const struct {
        uint8_t sap;
        uint8_t reject;
    } saps[] = {
        {0x42, PARSE_REJECT_STP}, {0xf0, PARSE_REJECT_NETBIOS}, {0xe0, PARSE_REJECT_IPX},
        {0xfe, PARSE_REJECT_OSI}, {0xff, PARSE_REJECT_IPX}, // no LLC at all: Novell's raw 802.3
    };

    if (walk->captured < LLC_BYTES) {
        return walk_reject(walk, PARSE_REJECT_LINK_TRUNCATED);
    }
    const uint8_t sap = walk->at[0];
    if (sap == SAP_SNAP && walk->at[1] == SAP_SNAP) {
        return snap_parse(walk);
    }
    for (size_t i = 0; i < sizeof(saps) / sizeof(saps[0]); i++) {
        if (saps[i].sap == sap) {
            return walk_reject(walk, saps[i].reject);
        }
    }
    return walk_reject(walk, PARSE_REJECT_LLC);
}

static enum parse_step ethernet_behind(struct parse_walk *walk, uint32_t tag_bytes)
{
    if (walk->captured < tag_bytes) {
        return walk_reject(walk, PARSE_REJECT_LINK_TRUNCATED);
    }
    walk_advance(walk, tag_bytes);
    return STEP_ETHERNET;
}

enum parse_step parse_fabricpath(struct parse_walk *walk)
{
    return ethernet_behind(walk, FABRICPATH_BYTES);
}

// Provider backbone bridging (802.1ah).
enum parse_step parse_pbb(struct parse_walk *walk)
{
    return ethernet_behind(walk, PBB_BYTES);
}
