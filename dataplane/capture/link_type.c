// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/link_type.h"

#include <pcap/pcap.h>
#include <stdio.h>

// Files hold LINKTYPE_ numbers, some writers put the DLT_ number of their own system there (12 and
// 14 for raw IP). No number means two things among these.
static const struct {
    uint16_t number;
    uint8_t link_type;
} link_types[] = {
    {0, LINK_NULL},         {1, LINK_ETHERNET},    {9, LINK_PPP},      {12, LINK_RAW_IP},
    {14, LINK_RAW_IP},      {50, LINK_PPP},        {101, LINK_RAW_IP}, {104, LINK_CISCO_HDLC},
    {108, LINK_LOOP},       {113, LINK_LINUX_SLL}, {228, LINK_RAW_IP}, {229, LINK_RAW_IP},
    {276, LINK_LINUX_SLL2},
};

enum link_type link_type_of(uint16_t number)
{
    for (size_t i = 0; i < sizeof(link_types) / sizeof(link_types[0]); i++) {
        if (link_types[i].number == number) {
            return link_types[i].link_type;
        }
    }
    return LINK_UNSUPPORTED;
}

void link_type_refusal(uint16_t number, char *text, size_t size)
{
    const char *name = pcap_datalink_val_to_name(number);
    snprintf(text, size,
             "link type %u (%s) is not supported; expected Ethernet, raw IP, Linux cooked v1 or "
             "v2, null or loopback, PPP, Cisco HDLC",
             number, name != NULL ? name : "no name known");
}
