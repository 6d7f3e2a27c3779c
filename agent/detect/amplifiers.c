// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/amplifiers.h"

// Protocols of Rossow, "Amplification Hell: Revisiting Network Protocols for DDoS Abuse" (2014),
// and of US-CERT's alert TA14-017A, "UDP-Based Amplification Attacks" (2014, revised since).
static const struct amplifier {
    uint16_t port;
    const char *name;
} amplifiers[] = {
    {17, "qotd"},
    {19, "chargen"},
    {53, "dns"},
    {69, "tftp"},
    {111, "portmapper"},
    {123, "ntp"},
    {137, "netbios-ns"},
    {161, "snmp"},
    {177, "xdmcp"},
    {389, "cldap"},
    {427, "svrloc"},
    {520, "rip"},
    {1434, "mssql-browser"},
    {1900, "ssdp"},
    {3283, "ard"},
    {3702, "wsd"},
    {5060, "sip"},
    {5093, "sentinel"},
    {5353, "mdns"},
    {5683, "coap"},
    {10001, "ubiquiti"},
    {11211, "memcached"},
    {26000, "quake"},
    {27015, "steam"},
    {27960, "quake3"},
    {37810, "dvr-dhcp"},
};

const char *amplifier_name(uint16_t port)
{
    for (size_t i = 0; i < sizeof(amplifiers) / sizeof(amplifiers[0]); i++) {
        if (amplifiers[i].port == port) {
            return amplifiers[i].name;
        }
    }
    return NULL;
}
