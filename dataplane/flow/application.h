// SPDX-License-Identifier: Apache-2.0
// Names of protocols: the application's where a port tells it, else the transport's.
#ifndef WEIR_FLOW_APPLICATION_H
#define WEIR_FLOW_APPLICATION_H

#include <stdint.h>

// Numbers below APPLICATION_FIRST are IANA protocol numbers; from there on they are rows of the
// table of applications. All are below APPLICATION_MAX.
enum { APPLICATION_FIRST = 256, APPLICATION_MAX = 512 };

struct application_ports {
    uint16_t tcp[65536]; // 0: the port tells nothing
    uint16_t udp[65536];
};

// Made once from the table; read-only afterwards. 256 KiB, of which traffic touches a few lines.
void application_ports_init(struct application_ports *ports);

// The number for a flow. The lower port decides where it is known, else the higher one: the answer
// does not depend on who sent first.
static inline uint16_t application_find(const struct application_ports *ports, uint8_t protocol,
                                        const uint16_t port[2])
{
    enum { TCP = 6, UDP = 17 };
    if (protocol != TCP && protocol != UDP) {
        return protocol;
    }
    const uint16_t *table = protocol == TCP ? ports->tcp : ports->udp;
    unsigned lower = port[1] < port[0];
    uint16_t number = table[port[lower]];
    if (number == 0) {
        number = table[port[!lower]];
    }
    return number != 0 ? number : protocol;
}

// The name of any number below APPLICATION_MAX, or NULL where none is known (an unassigned protocol
// number, a number past the table). Static strings.
const char *application_name(uint16_t number);

#endif
